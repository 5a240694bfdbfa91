import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../../../../test/op/local-buildkitd.js';
import { type LocalProxy, startProxy } from '../../../../test/op/local-proxy.js';
import { dockerConfig, freePort } from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { openApi } from './client/api.js';
import { listTags } from './client/list-tags.js';
import { spokenBy } from './probe.js';

let room: string;
let certificates: Certificates;
const servers: Server[] = [];
const sockets = new Set<Socket>();
let proxy: LocalProxy | undefined;

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'probe-'));
  certificates = makeCertificates(room, 'site');
});
afterAll(() => rm(room, { recursive: true, force: true }));
afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
const speaking = (onConnection: (socket: Socket) => void) => listen(createServer(onConnection));
const http = (status: number) => listen(createHttpServer((_, response) => response.writeHead(status).end()));
const tls = async () => {
  const { key, cert } = certificates.server;
  return listen(
    createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (_, response) => response.end()),
  );
};
/** A server with TLS that is too slow to shake hands, and answers what has none as such servers do. */
const slowTls = () =>
  speaking((socket) => {
    socket.once('data', (chunk: Buffer) => {
      if (chunk.toString('latin1').startsWith('GET ')) {
        socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
      }
    });
  });

const { context } = testContext();
const speaks = async (port: number) => (await spokenBy(context, `127.0.0.1:${port}`)).speaks;

describe('what a registry speaks', () => {
  it('is TLS if it shakes hands, and plain if it answers a plain request, whatever that says', async () => {
    expect(await speaks(await tls())).toBe('tls');
    for (const status of [200, 401, 403, 404, 405, 429, 503]) expect(await speaks(await http(status))).toBe('plain');
  });

  it('is not known if nobody answers', async () => {
    expect(await spokenBy(context, `127.0.0.1:${await freePort()}`)).toMatchObject({
      speaks: 'nothing',
      why: expect.stringContaining('ECONNREFUSED'),
    });
    expect((await spokenBy(context, 'registry.invalid:5000')).speaks).toBe('nothing');
    expect(await speaks(await speaking(() => undefined))).toBe('nothing');
    expect(await speaks(await speaking((socket) => void socket.destroy()))).toBe('nothing');
    expect(await speaks(await speaking((socket) => void socket.resetAndDestroy()))).toBe('nothing');
    expect(await speaks(await speaking((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n')))).toBe('nothing');
  });

  it('is not plain if a server with TLS is slow, and answers a plain request with 400', async () => {
    expect(await speaks(await slowTls())).toBe('nothing');
  });

  it('is asked by way of the proxy', async () => {
    proxy = await startProxy({ 'a.proxied.test': await tls(), 'b.local': await http(200) });
    const behind = testContext({ env: { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url } }).context;
    expect((await spokenBy(behind, 'a.proxied.test')).speaks).toBe('tls');
    expect((await spokenBy(behind, 'b.local')).speaks).toBe('plain');
    expect((await spokenBy(behind, 'c.local')).speaks).toBe('nothing');
    expect(
      (await spokenBy(testContext({ env: { HTTPS_PROXY: proxy.url } }).context, 'a.proxied.test:5000')).speaks,
    ).toBe('tls');
  });

  it('decides whether a password is sent: to none of those that did not answer', async () => {
    const seen: string[] = [];
    const port = await speaking((socket) => {
      socket.on('data', (chunk: Buffer) => seen.push(chunk.toString('latin1')));
      setTimeout(() => socket.destroy(), 50);
    });
    await writeFile(join(room, 'config.json'), dockerConfig(`127.0.0.1:${port}`, 's3cret'));
    const withLogin = testContext({ env: { ...withTools(['crane']), HOME: room } }).context;
    const access = {
      insecure: [],
      env: { DOCKER_CONFIG: room },
      ca: undefined,
      patience: { pauses: [10], idle: 1000 },
    };
    const listed = openApi(withLogin, `127.0.0.1:${port}`, access).then((api) =>
      listTags({ api, path: 'team/app' }, AbortSignal.timeout(20_000)),
    );
    await expect(listed).rejects.toMatchObject({ problem: 'unreachable' });
    expect(seen.join('')).not.toContain('uthorization');
  });
});
