import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context } from '../../context.js';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { report } from '../../kit/errors/report.js';

/** A page for browsers of this machine. */
export interface ServedPage {
  /** `127.0.0.1:8080`, `localhost:8080` or `[::1]:8080`; with port 0, at a free one. */
  readonly listen: string;
  /** Its Content-Security-Policy, for what a page cannot say of itself. */
  readonly policy: string;
  /** Makes it, for each time that it is looked at. */
  readonly page: () => Promise<string>;
  /** Gets the URL, with the word that only whoever is told it knows. */
  readonly ready: (url: string) => void;
}

const hosts: Readonly<Record<string, string>> = { '127.0.0.1': '127.0.0.1', localhost: '127.0.0.1', '[::1]': '::1' };

/** Connections at a time: a browser opens a few. */
const connectionsAtMost = 32;

/**
 * Shows a page on loopback until op is stopped. Nothing that a request says gets further than a comparison: the name in it (a page of
 * elsewhere may have a name that leads to this machine), the method (only those that read), and a word in the path, which other users of
 * this machine do not know.
 * @throws OpError (input) for another address, (tool) when nothing can listen there @throws the reason of the signal
 */
export async function servePage({ signal }: Context, { listen, policy, page, ready }: ServedPage): Promise<never> {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/u.exec(listen) ?? [];
  const address = hosts[host];
  if (address === undefined || Number(port) > 65_535) {
    throw inputError({
      what: `"${listen}" is not an address of loopback`,
      why: 'the page is for whoever works on this machine, and has no login',
      hint: 'write 127.0.0.1:8080, or --output=FILE to hand it to others',
    });
  }
  const word = randomBytes(16).toString('base64url');
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `${policy}; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  const own = new Set<string>();
  /** Those who ask at the same time get the same page. */
  let making: Promise<string> | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refuse = (status: number, text: string, more = {}) =>
      response.writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8', ...more }).end(`${text}\n`);
    if (!own.has(request.headers.host ?? '')) return void refuse(421, 'This is not the name of this page.');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return void refuse(405, 'This page can only be read.', { allow: 'GET, HEAD' });
    }
    if (!isWord(request.url ?? '', `/${word}/`))
      return void refuse(404, 'Nothing is here: use the URL that op printed.');
    try {
      making ??= page().finally(() => {
        making = undefined;
      });
      const text = await making;
      response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : text);
    } catch (error) {
      refuse(500, report(error, false).text);
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.maxConnections = connectionsAtMost;
  try {
    await new Promise<void>((done, failed) => {
      server.once('error', failed);
      server.listen(Number(port), address, done);
    });
  } catch (error) {
    throw toolError({
      what: `cannot listen at ${listen}`,
      why: error instanceof Error ? error.message : String(error),
      hint: 'leave --listen away: op takes a free port',
      cause: error,
    });
  }
  try {
    const { port: taken } = server.address() as AddressInfo;
    for (const name of Object.keys(hosts)) own.add(`${name}:${taken}`);
    ready(`http://${host}:${taken}/${word}/`);
    await new Promise((done) => {
      if (signal.aborted) done(undefined);
      else signal.addEventListener('abort', done, { once: true });
    });
    throw signal.reason;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Takes as long for a wrong word as for the right one. */
function isWord(given: string, right: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
