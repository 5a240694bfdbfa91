import { request } from 'node:http';
import { connect as connectTo, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as startTls } from 'node:tls';
import type { Context } from '../../context.js';
import { type ProxyRules, proxyRules } from '../http/proxy-rules.js';
import { saidBy } from '../http/said-by.js';
import { tunnel } from '../http/tunnel.js';

/** What a registry speaks, or why that is not known: no connection was made, or nobody answered. */
export type Spoken = { readonly speaks: 'tls' | 'plain' } | { readonly speaks: 'nothing'; readonly why: string };

/** Milliseconds for each step: to connect, to shake hands, to answer. */
const patience = 3000;

/**
 * Whether a registry answers a TLS handshake, whoever signed its certificate, or else a plain request. No credentials are sent. It is plain
 * only if it answers one: not when nobody answers, or when a connection breaks. By way of the same proxy as requests.
 * @param registry `HOST[:PORT]`
 * @throws OpError (input) for a proxy that op cannot use
 */
export async function spokenBy(context: Pick<Context, 'signal' | 'env'>, registry: string): Promise<Spoken> {
  const proxies = proxyRules(context.env);
  const found = await handshake(context, proxies, new URL(`https://${registry}`));
  if (found.speaks !== 'nothing') return found;
  const isPlain = await answersPlainly(context, proxies, new URL(`http://${registry}`));
  return isPlain ? { speaks: 'plain' } : found;
}

async function handshake(context: Pick<Context, 'signal'>, proxies: ProxyRules, url: URL): Promise<Spoken> {
  const nothing = (why: string) => ({ speaks: 'nothing', why }) as const;
  const host = hostOf(url);
  const opened = await connection(context, proxies, url, url.port || '443');
  if ('why' in opened) return nothing(opened.why);
  const { socket } = opened;
  let answer = '';
  // What the server sends is seen before TLS makes of it that it is none.
  const tap = new Duplex({
    read: () => undefined,
    write: (chunk, _encoding, done) => void socket.write(chunk, () => done()),
  });
  socket.on('data', (chunk: Buffer) => {
    answer = (answer + chunk.toString('latin1')).slice(0, 9);
    tap.push(chunk);
  });
  const late = nothing(`it does not answer a TLS handshake within ${patience / 1000} s`);
  return within<Spoken>(context, socket, late, (done) => {
    const secure = startTls({
      socket: tap,
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const failed = (why: string) => done(/^HTTP\/1\.\d /u.test(answer) ? { speaks: 'plain' } : nothing(why));
    secure.once('secureConnect', () => done({ speaks: 'tls' })).on('error', ({ message }) => failed(message));
    socket.once('close', () => failed('it closed the connection'));
  });
}

type Opened = { readonly socket: Socket } | { readonly why: string };

/** A connection as requests to this address have it. */
async function connection(
  context: Pick<Context, 'signal'>,
  proxies: ProxyRules,
  url: URL,
  port: string,
): Promise<Opened> {
  const late = { why: `no connection within ${patience / 1000} s` };
  const proxy = proxies(url);
  if (proxy !== undefined) {
    const { asked, connected } = tunnel({ proxy }, `${url.hostname}:${port}`);
    const opened = await within<Opened>(context, undefined, late, (done) => {
      connected.then(
        (socket) => done({ socket }),
        ({ message }: Error) => done({ why: message }),
      );
    });
    if ('why' in opened) asked.destroy();
    return opened;
  }
  const socket = connectTo({ host: hostOf(url), port: Number(port) });
  const opened = await within<Opened>(context, undefined, late, (done) => {
    socket.once('connect', () => done({ socket })).on('error', (error) => done({ why: saidBy(error) }));
  });
  if ('why' in opened) socket.destroy();
  return opened;
}

/** Whether an answer comes to a request without TLS, which is not that of a server or a proxy that wants TLS. */
function answersPlainly(context: Pick<Context, 'signal'>, proxies: ProxyRules, url: URL): Promise<boolean> {
  const proxy = proxies(url);
  const to = proxy?.url ?? url;
  if (to.protocol === 'https:') return Promise.resolve(false);
  const asked = request({
    hostname: hostOf(to),
    port: to.port || 80,
    path: proxy === undefined ? '/v2/' : `${url.origin}/v2/`,
    headers: {
      host: url.host,
      ...(proxy?.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }),
    },
    agent: false,
  });
  asked.end();
  return within<boolean>(context, undefined, false, (done) => {
    asked.once('response', ({ statusCode = 0, headers: { location = '' } }) => {
      // Servers with TLS answer 400 to what has none, or redirect to https; a proxy answers itself when nobody else does.
      const isOther = statusCode === 400 || location.startsWith('https:');
      done(!isOther && (proxy === undefined || statusCode === 200 || statusCode === 401));
    });
    asked.on('error', () => done(false));
  }).finally(() => asked.destroy());
}

const hostOf = ({ hostname }: URL) => hostname.replace(/^\[|\]$/gu, '');

/** What `start` says first, or `otherwise` when the time is up; then the socket is closed. */
function within<Value>(
  { signal }: Pick<Context, 'signal'>,
  socket: Socket | undefined,
  otherwise: NoInfer<Value>,
  start: (done: (value: Value) => void) => void,
): Promise<Value> {
  return new Promise((settle) => {
    const end = (value: Value) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket?.destroy();
      settle(value);
    };
    const stop = () => end(otherwise);
    const timer = setTimeout(stop, patience);
    signal.addEventListener('abort', stop, { once: true });
    start(end);
  });
}
