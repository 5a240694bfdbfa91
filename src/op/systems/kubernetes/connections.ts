import { Agent, type IncomingMessage, request as startRequest } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** One request of the API. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** The answer to a request. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Seconds, of `Retry-After`. */
  readonly retryAfter: number | undefined;
  /** When it was sent, by the server's clock, in whole seconds. */
  readonly date: Date | undefined;
}

/** An answer whose body is still arriving. */
export interface Stream {
  readonly status: number;
  readonly body: Readable;
}

/** HTTP connections to one socket. */
export interface Connections {
  /** @throws Error of the connection, or the signal's reason */
  readonly send: (request: Request, signal: AbortSignal) => Promise<Answer>;
  readonly open: (path: string, signal: AbortSignal) => Promise<Stream>;
  readonly close: () => void;
}

/** HTTP over the socket of a `kubectl proxy`, which answers only for the host `localhost`. */
export function createConnections(socket: () => Promise<string>): Connections {
  const agent = new Agent({ keepAlive: true });
  const start = async (request: Request, signal: AbortSignal): Promise<IncomingMessage> => {
    signal.throwIfAborted();
    const socketPath = await socket();
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers = {
      host: 'localhost',
      accept: 'application/json',
      // With its length: Node sends none for a DELETE, and the server would take the body for the next request.
      ...(body === undefined
        ? {}
        : {
            'content-type': request.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
    };
    return new Promise((done, fail) => {
      const { method, path } = request;
      const outgoing = startRequest({ agent, socketPath, method, path, headers, signal }, done);
      outgoing.once('error', (error) => fail(signal.aborted ? signal.reason : error));
      outgoing.end(body);
    });
  };
  return {
    send: async (request, signal) => {
      const message = await start(request, signal);
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
      const body = await start({ method: 'GET', path }, signal);
      return { status: body.statusCode ?? 0, body };
    },
    close: () => agent.destroy(),
  };
}
