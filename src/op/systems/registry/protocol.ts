import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { Context } from '../../context.js';

/**
 * Whether tools use plain HTTP for a registry by default: on this machine, at a private IPv4 address, or in a `.local` domain.
 * Source of the rule: go-containerregistry, name.Registry.Scheme; crane, Skaffold and ko share it.
 */
export function isPlainHttp(registry: string, insecure: readonly string[]): boolean {
  if (insecure.includes(registry)) return true;
  const host = registry.replace(/:\d+$/u, '');
  if (host === 'localhost' || host === '[::1]' || /\.local(?:host)?$/u.test(host)) return true;
  const [first = 0, second = 0] = /^(?:\d{1,3}\.){3}\d{1,3}$/u.test(host) ? host.split('.').map(Number) : [];
  return (
    first === 127 || first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168)
  );
}

/** Milliseconds that a server gets for a TLS handshake. */
const patience = 3000;

/**
 * Whether a registry answers a TLS handshake, whoever signed its certificate. crane tries both protocols; regctl must be
 * told. No request is made.
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

/**
 * Whether a registry checks user and password itself (`WWW-Authenticate: Basic`), so that it can only refuse because of them. With a
 * token service, a refusal may also mean that the repository does not exist yet. Source: OCI distribution specification, `GET /v2/`.
 * No credentials are sent.
 */
export async function asksForPassword(registry: string, signal: AbortSignal): Promise<boolean> {
  for (const scheme of ['https', 'http']) {
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(5000)]);
      const answer = await fetch(`${scheme}://${registry}/v2/`, { signal: within, redirect: 'manual' });
      await answer.body?.cancel();
      return answer.status === 401 && /^basic\b/iu.test(answer.headers.get('www-authenticate') ?? '');
    } catch {
      // No TLS, or a certificate that only crane trusts: try the next scheme.
    }
  }
  return false;
}
