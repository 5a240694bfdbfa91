import { readFile } from 'node:fs/promises';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { connect, createServer, isIPv6 } from 'node:net';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { caPaths } from './state-directory.js';

/** What a registry was started with; op writes it down, to know whether a running one is the one that is wanted. */
export const registrySettings = v.object({
  /** Image of its container. */
  image: v.optional(v.string()),
  listen: v.string(),
  port: v.number(),
  /** Directory of the images; null: a volume of the container engine. */
  data: v.nullable(v.string()),
  /** SHA-256 fingerprint of the certificate; null without TLS. */
  tls: v.nullable(v.string()),
});
export type RegistrySettings = v.InferOutput<typeof registrySettings>;

/** Why a running registry has to be replaced; undefined when it matches. */
export function difference(running: RegistrySettings, wanted: RegistrySettings): string | undefined {
  if (running.image !== wanted.image) return `it runs the image ${running.image}`;
  if (running.listen !== wanted.listen) return `it listens on ${running.listen}`;
  if (running.data !== wanted.data) return `its images are in ${running.data ?? 'a volume'}`;
  if (running.tls === wanted.tls) return undefined;
  if (running.tls === null) return 'it has no TLS';
  return wanted.tls === null ? 'it has TLS' : 'it has an older certificate';
}

/** The command that starts such a registry again, with the same images. @param defaultData their directory without `--data` */
export function startCommand(port: number, settings: RegistrySettings | undefined, defaultData: string): string {
  const { listen = '127.0.0.1', tls = null } = settings ?? {};
  const data = settings?.data ?? defaultData;
  return [
    'op start-registry',
    ...(port === 5001 ? [] : [`--port=${port}`]),
    ...(listen === '127.0.0.1' ? [] : [`--listen=${listen}`]),
    ...(data === defaultData ? [] : [`--data=${shellQuote(data)}`]),
    ...(tls === null ? [] : ['--tls']),
  ].join(' ');
}

/** A path, quoted for a shell where it has to be. */
export const shellQuote = (path: string) => (/^[\w./-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

/** `127.0.0.1:5001`, `[::1]:5001` */
export const hostPort = (address: string, port: number) => `${isIPv6(address) ? `[${address}]` : address}:${port}`;

/** The URL to show to a person. */
export function urlOf({ listen, port, tls }: Pick<RegistrySettings, 'listen' | 'port' | 'tls'>): string {
  const local = /^(?:127\.0\.0\.1|0\.0\.0\.0|::1?)$/u.test(listen);
  return `${tls === null ? 'http' : 'https'}://${local ? `localhost:${port}` : hostPort(listen, port)}`;
}

/** The address at which this machine reaches what listens on another one, or on all. */
const reachable = (listen: string) => ({ '0.0.0.0': '127.0.0.1', '::': '::1' })[listen] ?? listen;

/**
 * Whether a registry answers there, also one that requires a login; with TLS it must have a certificate of op's authority.
 * Source: OCI distribution specification, "Determining Support".
 */
export async function isAnswering(
  { env }: Pick<Context, 'env'>,
  { listen, port, tls }: Pick<RegistrySettings, 'listen' | 'port' | 'tls'>,
): Promise<boolean> {
  const ca = tls === null ? undefined : await readFile(caPaths(env).certificate).catch(() => '');
  return new Promise((resolve) => {
    const onResponse = (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode === 200 || response.statusCode === 401);
    };
    const options = { host: reachable(listen), port, path: '/v2/', timeout: 2000, agent: false };
    const request = ca === undefined ? getHttp(options, onResponse) : getHttps({ ...options, ca }, onResponse);
    request.on('error', () => resolve(false));
    request.on('timeout', () => request.destroy(new Error('timeout')));
  });
}

/** Whether op could listen there. `denied`: a port that this user must not use. */
export async function portState(
  listen: string,
  port: number,
): Promise<'free' | 'taken' | 'denied' | 'no such address'> {
  // Some systems let a second program listen on a port, on another address.
  if (await accepts(reachable(listen), port)) return 'taken';
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EACCES') resolve('denied');
      else resolve(code === 'EADDRNOTAVAIL' ? 'no such address' : 'taken');
    });
    server.listen({ host: listen, port, exclusive: true }, () => server.close(() => resolve('free')));
  });
}

const accepts = (host: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => done(true))
      .once('error', () => done(false))
      .once('timeout', () => done(false));
  });
