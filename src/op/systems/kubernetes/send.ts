import { Agent, type IncomingMessage, request } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** One request of the API. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Seconds, of `Retry-After`. */
  readonly retryAfter: number | undefined;
  /** When it was sent, by the server's clock; seconds only. */
  readonly date: Date | undefined;
}

/** An answer whose body is still coming. */
export interface Stream {
  readonly status: number;
  readonly body: Readable;
}

/** Connections to one socket. */
export interface Connections {
  /** @throws Error of the connection, or the signal's reason */
  readonly ask: (request: Request, signal: AbortSignal) => Promise<Answer>;
  readonly open: (path: string, signal: AbortSignal) => Promise<Stream>;
  readonly close: () => void;
}

/** HTTP over the socket of a `kubectl proxy`, which only answers for `localhost`. */
export function createConnections(socket: () => Promise<string>): Connections {
  const agent = new Agent({ keepAlive: true });
  const send = async (asked: Request, signal: AbortSignal): Promise<IncomingMessage> => {
    signal.throwIfAborted();
    const socketPath = await socket();
    const body = asked.body === undefined ? undefined : JSON.stringify(asked.body);
    const headers = {
      host: 'localhost',
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': asked.contentType ?? 'application/json' }),
    };
    return new Promise((done, fail) => {
      const { method, path } = asked;
      const outgoing = request({ agent, socketPath, method, path, headers, signal }, done);
      outgoing.once('error', (error) => fail(signal.aborted ? signal.reason : error));
      outgoing.end(body);
    });
  };
  return {
    ask: async (asked, signal) => {
      const message = await send(asked, signal);
      const answer = await text(message).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error;
      });
      const wait = Number(message.headers['retry-after']);
      const date = new Date(message.headers.date ?? '');
      return {
        status: message.statusCode ?? 0,
        text: answer,
        retryAfter: Number.isFinite(wait) && wait >= 0 ? wait : undefined,
        date: Number.isNaN(date.getTime()) ? undefined : date,
      };
    },
    open: async (path, signal) => {
      const body = await send({ method: 'GET', path }, signal);
      return { status: body.statusCode ?? 0, body };
    },
    close: () => agent.destroy(),
  };
}
