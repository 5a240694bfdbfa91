import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../../../../../test/op/local-buildkitd.js';
import { type LocalProxy, startProxy } from '../../../../../test/op/local-proxy.js';
import { dockerConfig, freePort } from '../../../../../test/op/local-registry.js';
import { testContext } from '../../../../../test/op/test-context.js';
import { withTools } from '../../../../../test/tools.js';
import { openApi } from './api.js';
import { listTags } from './list-tags.js';

let room: string;
let certificates: Certificates;
let servers: Server[];
let proxy: LocalProxy | undefined;

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'through-proxy-'));
  certificates = makeCertificates(room, 'site');
});
afterAll(() => rm(room, { recursive: true, force: true }));
beforeEach(() => {
  servers = [];
});
afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
const listing: RequestListener = (_, response) => response.end('{"name":"team/app","tags":["v1"]}');
const secureServer = async (listener: RequestListener) => {
  const { key, cert } = certificates.server;
  return listen(createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, listener));
};

/** Lists the tags of `team/app`, as often as said, with one client. */
async function tags(host: string, env: Record<string, string>, times = 1, login?: string): Promise<readonly string[]> {
  const home = await mkdtemp(join(room, 'home-'));
  if (login !== undefined) await writeFile(join(home, 'config.json'), dockerConfig(host, login));
  const { context } = testContext({
    env: { ...(login === undefined ? {} : withTools(['crane'])), HOME: home, ...env },
  });
  const patience = { pauses: [10, 10], idle: 5000 };
  const access = { insecure: [], env: { DOCKER_CONFIG: home }, ca: certificates.ca, patience };
  using api = await openApi(context, host, access);
  let found: readonly string[] = [];
  for (let time = 0; time < times; time++)
    found = await listTags({ api, path: 'team/app' }, AbortSignal.timeout(30_000));
  return found;
}
/** The same once with crane, which reads certificates as Go does. */
async function byCrane(
  host: string,
  env: Record<string, string>,
  login?: string,
  ...flags: readonly string[]
): Promise<string> {
  const home = await mkdtemp(join(room, 'home-'));
  if (login !== undefined) await writeFile(join(home, 'config.json'), dockerConfig(host, login));
  const { PATH } = withTools(['crane']);
  const own = { PATH, HOME: home, DOCKER_CONFIG: home, SSL_CERT_FILE: certificates.ca };
  const options = { env: { ...own, ...env }, extendEnv: false, reject: false, stdin: 'ignore' } as const;
  const { exitCode, stdout, stderr } = await execa('crane', ['ls', ...flags, `${host}/team/app`], options);
  return exitCode === 0 ? stdout : stderr;
}
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );

describe('a registry behind a proxy', () => {
  it('is reached by CONNECT, with TLS from here to the registry, over one connection', async () => {
    proxy = await startProxy({ 'registry.proxied.test': await secureServer(listing) });
    expect(await tags('registry.proxied.test', { HTTPS_PROXY: proxy.url }, 3)).toEqual(['v1']);
    expect(proxy.asked).toEqual(['CONNECT registry.proxied.test:443']);
    expect(proxy.sent()).not.toContain('team/app');
    expect(await byCrane('registry.proxied.test', { HTTPS_PROXY: proxy.url })).toBe('v1');
    expect(proxy.asked.slice(1)).toEqual(['CONNECT registry.proxied.test:443']);
  });

  it('is told apart by its certificate as without a proxy', async () => {
    proxy = await startProxy({ 'registry.other.test': await secureServer(listing) });
    const error = await failed(tags('registry.other.test', { HTTPS_PROXY: proxy.url }));
    expect(error).toMatchObject({ message: 'cannot trust registry.other.test' });
    expect(proxy.asked).toHaveLength(1);
    expect(await byCrane('registry.other.test', { HTTPS_PROXY: proxy.url })).toContain('x509');
  });

  it('gives the proxy the user of its address, and says what it answers, without another attempt', async () => {
    proxy = await startProxy({ 'registry.proxied.test': await secureServer(listing) }, 'ann:p@ss');
    const error = await failed(tags('registry.proxied.test', { HTTPS_PROXY: proxy.url }));
    expect(error).toMatchObject({ problem: 'proxy', message: 'cannot reach registry.proxied.test' });
    expect(error.why).toContain('answered 407 Proxy Authentication Required for registry.proxied.test:443');
    expect(error.hint).toContain('NO_PROXY');
    expect(proxy.asked).toHaveLength(1);
    expect(await byCrane('registry.proxied.test', { HTTPS_PROXY: proxy.url })).toContain(
      'Proxy Authentication Required',
    );
    const withUser = proxy.url.replace('//', '//ann:p%40ss@');
    expect(await tags('registry.proxied.test', { HTTPS_PROXY: withUser })).toEqual(['v1']);
    expect(await byCrane('registry.proxied.test', { HTTPS_PROXY: withUser })).toBe('v1');
  });

  it('is tried again when the proxy cannot reach it, and when the proxy is down', async () => {
    proxy = await startProxy({});
    const away = await failed(tags('registry.proxied.test', { HTTPS_PROXY: proxy.url }));
    expect(away.why).toContain('answered 502 Bad Gateway');
    expect(proxy.asked).toHaveLength(3);
    expect(await byCrane('registry.proxied.test', { HTTPS_PROXY: proxy.url })).toContain('Bad Gateway');
    const down = await failed(tags('registry.proxied.test', { HTTPS_PROXY: `http://127.0.0.1:${await freePort()}` }));
    expect(down).toMatchObject({ problem: 'unreachable', why: expect.stringContaining('does not answer') });
  });

  it('is reached directly if NO_PROXY names it, and always on this machine', async () => {
    proxy = await startProxy({});
    const port = await secureServer(listing);
    expect(await tags(`127.0.0.1:${port}`, { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url })).toEqual(['v1']);
    const error = await failed(tags('registry.proxied.test', { HTTPS_PROXY: proxy.url, NO_PROXY: '.proxied.test' }));
    expect(error.why).toMatch(/ENOTFOUND|EAI_AGAIN/u);
    expect(await byCrane(`127.0.0.1:${port}`, { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url })).toBe('v1');
    const not = { HTTPS_PROXY: proxy.url, NO_PROXY: '.proxied.test' };
    expect(await byCrane('registry.proxied.test', not)).toContain('lookup registry.proxied.test');
    expect(proxy.asked).toEqual([]);
  });
});

describe('a registry without TLS behind a proxy', () => {
  it('is asked by way of HTTP_PROXY, as far as that needs no credentials', async () => {
    proxy = await startProxy({ 'registry.local': await listen(createServer(listing)) });
    expect(await tags('registry.local', { HTTP_PROXY: proxy.url })).toEqual(['v1']);
    expect(proxy.asked).toContain('GET http://registry.local/v2/team/app/tags/list');
    expect(await byCrane('registry.local', { HTTP_PROXY: proxy.url }, undefined, '--insecure')).toBe('v1');
  });

  it('gets no password: the proxy could read it', async () => {
    const wanting = createServer((request, response) => {
      if (request.headers.authorization) return listing(request, response);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="site"' }).end();
      return response;
    });
    proxy = await startProxy({ 'registry.local': await listen(wanting) });
    const error = await failed(tags('registry.local', { HTTP_PROXY: proxy.url }, 1, 's3cret'));
    expect(error).toMatchObject({ problem: 'proxy', message: 'cannot send credentials to registry.local' });
    expect(error.why).toContain('it has no TLS, and the proxy');
    expect(proxy.headers.filter(({ authorization }) => authorization)).toEqual([]);
    expect(proxy.sent()).not.toContain('s3cret');
    // crane sends it.
    expect(await byCrane('registry.local', { HTTP_PROXY: proxy.url }, 's3cret', '--insecure')).toBe('v1');
    expect(proxy.headers.filter(({ authorization }) => authorization)).not.toEqual([]);
  });
});
