import { once } from 'node:events';
import { request as ask, createServer, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';

/** An HTTP proxy on loopback, which knows where some names lead, and writes down what it can see. */
export interface LocalProxy {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** What was asked for: `CONNECT name:443`, `GET http://name/v2/`. */
  readonly asked: readonly string[];
  /** Headers of requests without TLS. */
  readonly headers: readonly IncomingHttpHeaders[];
  /** Everything that went through it towards the servers, as text. */
  readonly sent: () => string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts one. To all other names it answers 502.
 * @param ports where names lead: ports of this machine
 * @param login `USER:PASSWORD` that it wants; without it, 407
 */
export async function startProxy(ports: Readonly<Record<string, number>>, login?: string): Promise<LocalProxy> {
  const asked: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://nowhere');
    asked.push(`${request.method} ${url.href}`);
    headers.push(request.headers);
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) {
      response.writeHead(407).end();
      return;
    }
    const port = ports[url.hostname];
    if (port === undefined) {
      response.writeHead(502).end();
      return;
    }
    const { 'proxy-authorization': _, ...rest } = request.headers;
    const onward = ask({
      port,
      host: '127.0.0.1',
      method: request.method,
      path: url.pathname + url.search,
      headers: rest,
    });
    onward.on('error', () => response.destroy());
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.pipe(onward);
  });
  server.on('connection', keep);
  server.on('connect', (request, socket: Socket, head: Buffer) => {
    asked.push(`CONNECT ${request.url}`);
    const [name = ''] = (request.url ?? '').split(':');
    const port = ports[name];
    const isWelcome = wanted === undefined || request.headers['proxy-authorization'] === wanted;
    if (!isWelcome || port === undefined) {
      socket.end(`HTTP/1.1 ${isWelcome ? '502 Bad Gateway' : '407 Proxy Authentication Required'}\r\n\r\n`);
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.pipe(onward).pipe(socket);
    });
    keep(onward);
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    asked,
    headers,
    sent: () => Buffer.concat(chunks).toString('latin1'),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
