import { type ClientRequest, request as plainRequest } from 'node:http';
import { Agent, request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, type SecureContext, connect as startTls } from 'node:tls';
import type { HttpProxy } from './proxy-rules.js';

/** A proxy did not make a connection. */
class ProxyRefusal extends Error {
  /** Like those of the system: whether another attempt may help. */
  readonly code: 'PROXY_REFUSED' | 'PROXY_BUSY' | 'PROXY_UNREACHABLE';
  constructor(message: string, code: ProxyRefusal['code']) {
    super(message);
    this.name = 'ProxyRefusal';
    this.code = code;
  }
}

/** Milliseconds in which a proxy must connect. */
const patience = 30_000;

/** What a connection through a proxy needs of the proxy itself. */
export interface TunnelParts {
  readonly proxy: HttpProxy;
  /** Of the proxy, if it speaks TLS. */
  readonly secureContext?: SecureContext | undefined;
}

/**
 * Asks a proxy for a connection to a server (`CONNECT`). What is sent over it is for that server.
 * @param target `HOST:PORT` @returns what can still be stopped, and the connection @throws ProxyRefusal
 */
export function tunnel(
  { proxy: { url, authorization }, secureContext }: TunnelParts,
  target: string,
): { readonly asked: ClientRequest; readonly connected: Promise<Socket> } {
  const start = url.protocol === 'https:' ? secureRequest : plainRequest;
  const asked = start({
    method: 'CONNECT',
    hostname: url.hostname.replace(/^\[|\]$/gu, ''),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: target,
    headers: { host: target, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
    agent: false,
    ...(secureContext === undefined ? {} : { secureContext }),
  });
  const connected = new Promise<Socket>((settle, fail) => {
    const timer = setTimeout(() => {
      asked.destroy(
        new ProxyRefusal(`the proxy ${url.host} did not connect to ${target} in ${patience / 1000} s`, 'PROXY_BUSY'),
      );
    }, patience);
    asked.once('connect', ({ statusCode = 0, statusMessage = '' }, socket, head) => {
      clearTimeout(timer);
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head);
        settle(socket);
        return;
      }
      socket.destroy();
      const code = statusCode >= 500 || statusCode === 429 ? 'PROXY_BUSY' : 'PROXY_REFUSED';
      const login = statusCode === 407 ? ': it wants a user and a password, as http://USER:PASSWORD@HOST:PORT' : '';
      fail(
        new ProxyRefusal(`the proxy ${url.host} answered ${statusCode} ${statusMessage} for ${target}${login}`, code),
      );
    });
    asked.once('error', (error) => {
      clearTimeout(timer);
      const refusal = new ProxyRefusal(`the proxy ${url.host} does not answer: ${error.message}`, 'PROXY_UNREACHABLE');
      fail(error instanceof ProxyRefusal ? error : refusal);
    });
    asked.end();
  });
  return { asked, connected };
}

/** Connections with TLS that go through a proxy, which sees only where they lead. */
export class TunnelAgent extends Agent {
  readonly #parts: TunnelParts;
  readonly #pending = new Set<ClientRequest>();

  constructor(
    parts: TunnelParts,
    options: { readonly secureContext: SecureContext; readonly rejectUnauthorized: boolean },
  ) {
    super({ keepAlive: true, ...options });
    this.#parts = parts;
  }

  override createConnection(
    options: ConnectionOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const { asked, connected } = tunnel(this.#parts, `${bracketed(options.host ?? '')}:${options.port ?? 443}`);
    this.#pending.add(asked);
    connected
      .finally(() => this.#pending.delete(asked))
      .then(
        (socket) => callback?.(null, startTls({ ...options, socket })),
        (error) => (callback as ((error: Error) => void) | undefined)?.(error),
      );
    return undefined;
  }

  override destroy(): void {
    for (const asked of this.#pending) asked.destroy();
    super.destroy();
  }
}

const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host);
