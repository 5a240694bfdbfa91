import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** One request, as the registry behind the proxy would get it. */
export interface Asked {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
}

/** What happens to a request instead of, or on, its way to the registry. */
export type Trouble =
  /** The registry is not asked. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The connection breaks after so many bytes of the answer's body. */
  | { readonly cutAnswerAfter: number }
  /** The connection breaks after so many bytes of the request's body. */
  | { readonly cutUploadAfter: number }
  /** The registry is asked for this path instead. */
  | { readonly path: string }
  /** Milliseconds before the registry is asked. */
  | { readonly delay: number };

/** A loopback proxy in front of a real registry that counts requests, and misbehaves when told to. */
export interface UnrulyRegistry {
  /** `localhost:PORT` */
  readonly host: string;
  /** Everything that was asked for since the last `calm`, with the status that it was answered with (0: cut). */
  readonly requests: readonly (Asked & { readonly status: number })[];
  /** From now on `trouble` is asked about every request; undefined lets it pass. */
  readonly behave: (trouble: (asked: Asked) => Trouble | undefined) => void;
  /**
   * Counts each GET of a manifest as a pull, and none of HEAD; says how many are left, and answers 429 to those beyond. Source: Docker Hub,
   * "Pull usage and limits".
   */
  readonly limitPulls: (left: number) => void;
  /** Behaves from now on, and forgets what was asked for. */
  readonly calm: () => void;
  readonly stop: () => Promise<void>;
}

/** A rule that holds for the first `times` requests of those that `concerns` picks. */
export function firstTimes(times: number, concerns: (asked: Asked) => boolean, trouble: Trouble) {
  let left = times;
  return (asked: Asked) => (concerns(asked) && left-- > 0 ? trouble : undefined);
}

/** Starts the proxy. @param registry `HOST:PORT` of a registry without TLS */
export async function startUnrulyRegistry(registry: string): Promise<UnrulyRegistry> {
  const requests: (Asked & { status: number })[] = [];
  let rule: (asked: Asked) => Trouble | undefined = () => undefined;
  let pullsLeft: number | undefined;
  const server = createServer(async (request, response) => {
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    const asked = { method: request.method ?? 'GET', path, query };
    const entry = { ...asked, status: 0 };
    requests.push(entry);
    const trouble = rule(asked) ?? { delay: 0 };
    if ('status' in trouble) {
      entry.status = trouble.status;
      // Unread bodies would keep the connection from being used again.
      request.resume();
      response.writeHead(trouble.status, trouble.headers).end(trouble.body ?? '');
      return;
    }
    if (pullsLeft !== undefined && path.includes('/manifests/')) {
      const isPull = request.method === 'GET';
      const isBeyond = isPull && pullsLeft === 0;
      if (isPull) pullsLeft = Math.max(0, pullsLeft - 1);
      response.setHeader('ratelimit-limit', '100;w=21600');
      response.setHeader('ratelimit-remaining', `${pullsLeft};w=21600`);
      if (isBeyond) {
        entry.status = 429;
        response.writeHead(429).end('{"errors":[{"code":"TOOMANYREQUESTS"}]}');
        return;
      }
    }
    if ('delay' in trouble && trouble.delay > 0) await new Promise((done) => setTimeout(done, trouble.delay));
    pass(registry, request, response, trouble, (status) => {
      entry.status = status;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    host: `localhost:${typeof address === 'object' ? address?.port : ''}`,
    requests,
    behave: (trouble) => {
      rule = trouble;
    },
    limitPulls: (left) => {
      pullsLeft = left;
    },
    calm: () => {
      pullsLeft = undefined;
      rule = () => undefined;
      requests.length = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function pass(
  registry: string,
  request: IncomingMessage,
  response: ServerResponse,
  trouble: Trouble,
  onStatus: (status: number) => void,
): void {
  const [hostname, port] = registry.split(':');
  // The Host header stays: registries make the address of an upload of it.
  const path = 'path' in trouble ? trouble.path : request.url;
  const onward = ask({ hostname, port, method: request.method, path, headers: request.headers });
  const cut = () => {
    request.socket.destroy();
    onward.destroy();
  };
  onward.on('error', () => response.destroy());
  onward.on('response', (answer) => {
    if ('cutAnswerAfter' in trouble) {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      afterBytes(answer, trouble.cutAnswerAfter, (chunk) => response.write(chunk), cut);
      return;
    }
    onStatus(answer.statusCode ?? 502);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  if ('cutUploadAfter' in trouble) afterBytes(request, trouble.cutUploadAfter, (chunk) => onward.write(chunk), cut);
  else request.pipe(onward);
  response.on('close', () => onward.destroy());
}

function afterBytes(stream: IncomingMessage, limit: number, write: (chunk: Buffer) => void, cut: () => void): void {
  let left = limit;
  stream.on('data', (chunk: Buffer) => {
    if (left > 0) write(chunk.subarray(0, left));
    // What was written must be on its way before the connection breaks.
    if (left > 0 && left <= chunk.length) setTimeout(cut, 20);
    left -= chunk.length;
  });
  // Also when there is less than that to cut.
  stream.on('end', cut);
}
