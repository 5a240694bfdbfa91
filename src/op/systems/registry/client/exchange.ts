import { setMaxListeners } from 'node:events';
import { type Agent, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Readable } from 'node:stream';
import type { HttpProxy } from '../../http/proxy-rules.js';
import { saidBy } from '../../http/said-by.js';
import { RegistryFailure } from './failure.js';

/** One request, without what the connection and the credentials add. */
export interface Request {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent once; its length is in the headers. */
  readonly body?: Buffer | Readable;
  readonly signal: AbortSignal;
  /** A proxy that is asked for the whole address, because the server has no TLS. */
  readonly via?: HttpProxy | undefined;
  /** Milliseconds without a byte in either direction, after which the connection is given up. */
  readonly idle: number;
}

/** What a server answered; the body must be read or dropped. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: IncomingMessage;
  readonly url: URL;
}

/** The connection failed, or nothing came for too long; never what a server said. */
export class NoConnection extends Error {
  readonly code: string;
  /** It was a connection from an earlier request, which the server may have closed meanwhile: nothing is known about this request. */
  readonly isOld: boolean;
  constructor(message: string, code: string, isOld = false) {
    super(message);
    this.name = 'NoConnection';
    this.code = code;
    this.isOld = isOld;
  }
}

/** Makes one request over a connection of the agent. @throws NoConnection, the signal's reason, and what the body stream failed with */
export function exchange(agent: Agent, { method, url, headers, body, signal, idle, via }: Request): Promise<Answer> {
  return new Promise((settle, fail) => {
    if (signal.aborted) return fail(signal.reason);
    // It may have failed before anything was sent.
    if (body !== undefined && !Buffer.isBuffer(body) && body.destroyed) {
      return fail(body.errored ?? new Error('there is nothing to send'));
    }
    const to = via?.url ?? url;
    const start = to.protocol === 'https:' ? secureRequest : plainRequest;
    const asked = start(to, {
      method,
      agent,
      ...(via === undefined ? {} : { path: url.href }),
      headers: { ...headers, ...through(url, via) },
    });
    let failedBody: unknown;
    const abort = () => void asked.destroy(reasonOf(signal));
    // Every request of an image listens to the same signal.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', abort, { once: true });
    asked.once('close', () => signal.removeEventListener('abort', abort));
    asked.setTimeout(idle, () => {
      asked.destroy(new NoConnection(`${url.host} sent nothing for ${idle / 1000} s`, 'ETIMEDOUT'));
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) return fail(signal.reason);
      // It may have failed before anything was sent.
      if (body !== undefined && !Buffer.isBuffer(body) && body.destroyed) {
        return fail(body.errored ?? new Error('there is nothing to send'));
      }
      if (failedBody !== undefined) return fail(failedBody);
      fail(
        error instanceof NoConnection ? error : new NoConnection(saidBy(error), error.code ?? '', asked.reusedSocket),
      );
    });
    asked.on('response', (answer) =>
      settle({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer, url }),
    );
    if (body === undefined || Buffer.isBuffer(body)) return void asked.end(body);
    body.on('error', (error) => {
      failedBody = error;
      asked.destroy(error);
    });
    // A server may answer before it has read everything.
    asked.once('close', () => body.destroy());
    body.pipe(asked);
  });
}

const through = (url: URL, via: HttpProxy | undefined): Readonly<Record<string, string>> =>
  via === undefined
    ? {}
    : { host: url.host, ...(via.authorization === undefined ? {} : { 'proxy-authorization': via.authorization }) };

const reasonOf = (signal: AbortSignal) => (signal.reason instanceof Error ? signal.reason : new Error('aborted'));

/** Reads a whole body. @throws RegistryFailure when it breaks off (busy), or has more bytes than `limit` */
export async function readBody({ body, url }: Answer, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const what = `cannot read from ${url.host}`;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) break;
      chunks.push(chunk);
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new RegistryFailure(what, `the answer broke off: ${said}`, 'busy', url.host);
  }
  if (size > limit) throw new RegistryFailure(what, `it sent more than ${limit} bytes`, 'other', url.host);
  return Buffer.concat(chunks);
}

/** Drops a body, so that its connection can be used again. A long one, or one of unknown length, is not waited for. */
export function drop({ headers, body }: Answer): void {
  body.on('error', () => undefined);
  if (Number(headers['content-length'] ?? 0) > 64 * 1024) body.destroy();
  else body.resume();
}
