import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { Context } from '../../context.js';

/** Milliseconds that a server gets to say which protocol it speaks. */
const patience = 3000;

/**
 * Whether a registry answers a TLS handshake, whoever signed its certificate. crane finds out by asking with both protocols; regctl must
 * be told. No request is made.
 */
export function speaksTls({ signal }: Pick<Context, 'signal'>, registry: string): Promise<boolean> {
  const { hostname, port } = new URL(`https://${registry}`);
  const host = hostname.replace(/^\[|\]$/gu, '');
  return new Promise((settle) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const end = (answer: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', no);
      socket.destroy();
      settle(answer);
    };
    const no = () => end(false);
    const timer = setTimeout(no, patience);
    signal.addEventListener('abort', no, { once: true });
    socket.once('secureConnect', () => end(true)).on('error', no);
  });
}
