/** Where crane asks for a repository, by the name that somebody writes: what op takes for one repository is one for crane. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../../../../test/op/local-buildkitd.js';
import { type LocalProxy, startProxy } from '../../../../test/op/local-proxy.js';
import { withTools } from '../../../../test/tools.js';
import { isSameRepository } from './same-repository.js';

const hosts = ['index.docker.io', 'ghcr.io', 'docker.iox'];
let room: string;
let certificates: Certificates;
let registries: Server;
let proxy: LocalProxy;
/** What was asked for: host and path. */
const asked: string[] = [];

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'same-repository-'));
  certificates = makeCertificates(room, 'hub', 2, hosts);
  const { key, cert } = certificates.server;
  const files = { key: await readFile(key), cert: await readFile(cert) };
  registries = createServer(files, ({ headers, url }, response) => {
    asked.push(`${headers.host}${url}`);
    response.end('{"tags":["v1"]}');
  }).listen(0, '127.0.0.1');
  await once(registries, 'listening');
  const address = registries.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  proxy = await startProxy(Object.fromEntries(hosts.map((host) => [host, port])));
});
afterAll(async () => {
  registries?.close();
  await Promise.all([proxy?.stop(), rm(room, { recursive: true, force: true })]);
});

async function byCrane(name: string): Promise<string | undefined> {
  asked.length = 0;
  const { PATH } = withTools(['crane']);
  const env = { PATH, HOME: room, SSL_CERT_FILE: certificates.ca, HTTPS_PROXY: proxy.url };
  await execa('crane', ['ls', name], { env, extendEnv: false, stdin: 'ignore' });
  return asked.find((one) => one.includes('/tags/list'));
}

it.each([
  ['docker.io/me/web', 'me/web', true],
  ['index.docker.io/me/web', 'me/web', true],
  ['docker.io/library/nginx', 'nginx', true],
  ['index.docker.io/library/nginx', 'docker.io/nginx', true],
  ['ghcr.io/me/web', 'me/web', false],
  ['docker.iox/me/web', 'me/web', false],
  ['me/web', 'me/web2', false],
])('%s and %s are the same for crane, and for op: %s', async (one, other, same) => {
  expect((await byCrane(one)) === (await byCrane(other))).toBe(same);
  expect(isSameRepository(one, other)).toBe(same);
});
