import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Context } from '../../../context.js';
import { sleep } from '../../../kit/process/sleep.js';
import { type HttpProxy, proxyRules } from '../../http/proxy-rules.js';
import { TunnelAgent } from '../../http/tunnel.js';
import type { Problem } from '../answers/problem-of-answer.js';
import { authorities, type Trust } from './authorities.js';
import { type Answer, drop, exchange, NoConnection, type Request, readBody } from './exchange.js';
import { problemOf, RegistryFailure, type Requested, saidIn } from './failure.js';

/** How requests are tried again. */
export interface Patience {
  /** Milliseconds before the second attempt, the third, and so on. */
  readonly pauses: readonly number[];
  /** Milliseconds without a byte, after which a connection is given up. */
  readonly idle: number;
}

/** A request that may be made again: no stream. */
export interface Repeatable extends Omit<Request, 'idle' | 'body' | 'via'> {
  readonly body?: Buffer;
}

/** The servers of one registry: itself, its token service, and where it redirects to. They share certificates, and each has its own pauses. */
export interface Servers extends Disposable {
  /**
   * Makes a request, again after a pause while the server is busy (408, 429, 5xx, a broken connection). `Retry-After` pauses everything
   * that is sent to this server.
   * @throws RegistryFailure when it stays busy
   */
  readonly ask: (request: Repeatable) => Promise<Answer>;
  /** Makes a request once, after the pause that the server has asked for. @throws RegistryFailure (busy) */
  readonly askOnce: (request: Omit<Request, 'idle' | 'via'>, idle?: number) => Promise<Answer>;
  /** @throws RegistryFailure when what is sent to this address can be read by a proxy: no credentials go there */
  readonly checkSecret: (url: URL) => void;
}

/** Longest pause that a server can ask for, in milliseconds: two hours. */
const longest = 2 * 3_600_000;

/** Opens the connections of a registry. @throws OpError (input) for a file of certificates that cannot be read */
export function openServers(context: Context, trust: Trust, patience: Patience): Servers {
  const secureContext = once(() => createSecureContext({ ca: authorities(context, trust) }));
  const proxies = proxyRules(context.env);
  const rejectUnauthorized = trust.unchecked !== true;
  const plain = new PlainAgent({ keepAlive: true });
  const secure = once(() => new SecureAgent({ keepAlive: true, secureContext: secureContext(), rejectUnauthorized }));
  /** Those of proxies, by their addresses. */
  const tunnels = new Map<string, TunnelAgent>();
  const tunnelOf = (proxy: HttpProxy): TunnelAgent => {
    const agent =
      tunnels.get(proxy.url.href) ??
      new TunnelAgent(
        { proxy, secureContext: secureContext() },
        { secureContext: secureContext(), rejectUnauthorized },
      );
    tunnels.set(proxy.url.href, agent);
    return agent;
  };
  const wayTo = (url: URL): { readonly agent: PlainAgent; readonly via: HttpProxy | undefined } => {
    const proxy = proxies(url);
    if (url.protocol === 'https:') return { agent: proxy === undefined ? secure() : tunnelOf(proxy), via: undefined };
    return { agent: proxy?.url.protocol === 'https:' ? secure() : plain, via: proxy };
  };
  /** When requests to a server may go on, by its origin. */
  const pausedUntil = new Map<string, number>();
  /** The pauses that were printed. */
  const printed = new Set<number>();
  /** Servers that could not be reached with all attempts: the next request has one. */
  const lost = new Set<string>();

  const ready = async ({ origin, host }: URL, signal: AbortSignal) => {
    for (let left = wait(origin); left > 0; left = wait(origin)) {
      const until = pausedUntil.get(origin) ?? 0;
      if (left > 3000 && !printed.has(until)) {
        context.log.progress(`${host} limits requests: waiting ${Math.ceil(left / 1000)} s`);
      }
      printed.add(until);
      // Those that waited together do not come back together.
      await sleep({ signal }, left + Math.random() * Math.min(left, 2000));
    }
  };
  const wait = (origin: string) => (pausedUntil.get(origin) ?? 0) - Date.now();
  const askOnce: Servers['askOnce'] = async (request, idle = patience.idle) => {
    await ready(request.url, request.signal);
    const { agent, via } = wayTo(request.url);
    try {
      const answer = await exchangeAnew(agent, { ...request, idle, via });
      lost.delete(request.url.origin);
      const pause = pauseOf(answer);
      if (pause !== undefined) {
        const until = Date.now() + Math.min(pause, longest);
        pausedUntil.set(request.url.origin, Math.max(until, pausedUntil.get(request.url.origin) ?? 0));
      }
      return answer;
    } catch (error) {
      if (error instanceof NoConnection) throw unreachable(request.url, error);
      throw error;
    }
  };
  const ask: Servers['ask'] = async (request) => {
    const { origin, host } = request.url;
    const pauses = lost.has(origin) ? [] : patience.pauses;
    for (let attempt = 0; ; attempt++) {
      const pause = pauses[attempt];
      try {
        const answer = await askOnce(request);
        if (problemOf(answer.status) !== 'busy') return answer;
        // Whoever says how long to wait is waited for, until the time limit of the whole.
        const isToldToWait = answer.status === 429 && wait(origin) > 0;
        if (isToldToWait) attempt -= 1;
        else if (pause === undefined) throw await refusal(answer, `cannot use ${host}`);
        drop(answer);
        if (isToldToWait) continue;
      } catch (error) {
        if (!(error instanceof RegistryFailure) || error.problem === 'other' || error.problem === 'proxy') throw error;
        if (pause === undefined) {
          if (error.problem === 'unreachable') lost.add(origin);
          throw error;
        }
        context.log.debug(`${request.method} ${origin}${request.url.pathname}: ${error.why}`);
      }
      // Never shorter: a registry that is away for a minute is waited for.
      await sleep(request, (pause ?? 0) * (1 + Math.random() / 4));
    }
  };
  return {
    ask,
    askOnce,
    checkSecret: (url) => {
      const { via } = wayTo(url);
      if (via === undefined) return;
      const why = `it has no TLS, and the proxy ${via.url.host} could read them`;
      throw new RegistryFailure(`cannot send credentials to ${url.host}`, why, 'proxy', url.host);
    },
    [Symbol.dispose]: () => {
      plain.destroy();
      for (const agent of tunnels.values()) agent.destroy();
      secure.peek()?.destroy();
    },
  };
}

/** Most connections of earlier requests that are tried: the server may have closed all of them. */
const mostOld = 50;

/** Makes a request, at once again when its connection was an old one. What is sent as a stream is sent once. */
async function exchangeAnew(agent: PlainAgent, request: Request): Promise<Answer> {
  for (let old = 0; ; old++) {
    try {
      return await exchange(agent, request);
    } catch (error) {
      const mayRepeat = request.body === undefined || Buffer.isBuffer(request.body);
      if (!(error instanceof NoConnection) || !error.isOld || !mayRepeat || old >= mostOld) throw error;
    }
  }
}

/** A server's answer as a failure. */
export async function refusal(answer: Answer, what: string, request: Requested = 'read'): Promise<RegistryFailure> {
  const { status, url } = answer;
  const body = await readBody(answer, 64 * 1024).then(
    (bytes) => bytes.toString('utf8'),
    () => '',
  );
  const said = saidIn(body);
  const why = `${url.host} answered ${status}${said === '' ? '' : `: ${said}`}`;
  return new RegistryFailure(what, why, problemOf(status, body, request), url.host, status);
}

/** Codes of errors that another attempt cannot help: the certificate. */
const untrusted = /^(?:CERT_|UNABLE_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO|HPE_)/u;

function unreachable({ host }: URL, error: NoConnection): RegistryFailure {
  const { message, code } = error;
  const failure = (what: string, problem: Problem) =>
    new RegistryFailure(`cannot ${what} ${host}`, message, problem, host, undefined, error);
  if (untrusted.test(code)) return failure('trust', 'other');
  if (code === 'PROXY_REFUSED') return failure('reach', 'proxy');
  const away = ['PROXY_UNREACHABLE', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];
  return failure('reach', away.includes(code) ? 'unreachable' : 'busy');
}

/** Milliseconds that a server asks to wait. Source: RFC 9110, "Retry-After": seconds, or a date. */
function pauseOf({ status, headers }: Answer): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined || (status !== 429 && status !== 503)) return undefined;
  const wait = /^\d{1,9}$/u.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

function once<Value>(make: () => Value): { (): Value; readonly peek: () => Value | undefined } {
  let made: Value | undefined;
  const get = () => {
    made ??= make();
    return made;
  };
  return Object.assign(get, { peek: () => made });
}
