import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificates } from '../../../../test/op/local-buildkitd.js';
import { startProxy } from '../../../../test/op/local-proxy.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let room: string;
/** Programs that print their version like the real ones. */
let complete: string;
const servers: Server[] = [];
const node = dirname(process.execPath);
const secret = 's3cret-pw';

beforeAll(async () => {
  op = await bundledOp([]);
  room = await mkdtemp(join(tmpdir(), 'doctor-test-'));
  complete = await programs('complete', {
    git: 'git version 2.39.5',
    skaffold: 'v2.16.1',
    crane: '0.22.1',
    ssh: 'OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.11',
    kubectl: '{"clientVersion": {"gitVersion": "v1.34.4"}}',
  });
});
afterAll(async () => {
  for (const server of servers) server.close();
  await Promise.all([op?.dispose(), rm(room, { recursive: true, force: true })]);
});

async function programs(folder: string, answers: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(room, folder);
  await mkdir(directory, { recursive: true });
  for (const [name, answer] of Object.entries(answers)) {
    await writeFile(join(directory, name), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  }
  return directory;
}

async function registry(status: number): Promise<string> {
  const port = await listen(createServer((_, response) => response.writeHead(status).end()));
  return `localhost:${port}`;
}

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const doctor = (path: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  op.run(room, ['doctor', ...flags], { PATH: `${path}:${join(room, 'node')}`, ...env });
const json = async (path: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const ended = await doctor(path, [...flags, '--output=json'], env);
  return {
    ...ended,
    ...(JSON.parse(ended.stdout) as {
      ok: boolean;
      findings: { name: string; state: string; detail: string; hint?: string }[];
    }),
  };
};
const named = (findings: readonly { name: string; state: string; detail: string }[], name: string) =>
  findings.find((finding) => finding.name === name);

beforeAll(async () => {
  // Only node of its folder, not the machine's own tools.
  const { symlink } = await import('node:fs/promises');
  await mkdir(join(room, 'node'));
  await symlink(join(node, 'node'), join(room, 'node', 'node'));
});

test('without a registry it says which command needs one, and the default of the other one', async () => {
  const { exitCode, findings } = await json(complete, []);
  expect(named(findings, 'default repository')?.detail).toBe(
    'not set; op push needs one, and op build-push then pushes to localhost:5001',
  );
  expect(exitCode).toBe(0);
});

test('with everything installed it succeeds and says what comes next', async () => {
  const ended = await doctor(complete, [`--default-repo=${await registry(200)}/team`]);
  expect(ended).toMatchObject({ exitCode: 0, stderr: 'everything that op needs was found; next: op build-push' });
  expect(ended.stdout).toMatch(/ok +git +2\.39\.5 at .*\/complete\/git/u);
  expect(ended.stdout).toMatch(/ok +kubectl +v?1\.34\.4/u);
  expect(ended.stdout).toContain('answers over plain http; no credentials');
});

test('it names missing programs and the projects that they come from, without URLs', async () => {
  const empty = await programs('empty', {});
  const { exitCode, ok, findings, stderr } = await json(empty, []);
  expect({ exitCode, ok }).toEqual({ exitCode: 4, ok: false });
  const missing = findings.filter(({ state }) => state === 'missing').map(({ name }) => name);
  expect(missing).toEqual(['git', 'skaffold', 'crane']);
  expect(named(findings, 'kubectl')).toMatchObject({
    state: 'note',
    detail: expect.stringContaining('only needed for commands that use Kubernetes'),
  });
  expect(stderr).toContain('3 things that op needs are missing');
  expect(stderr).toContain('GoogleContainerTools/skaffold');
  expect(stderr).not.toMatch(/https?:/u);
});

test('a program that is too old counts as missing', async () => {
  const old = await programs('old', { git: 'git version 2.20.1' });
  const { findings } = await json(`${old}:${complete}`, []);
  expect(named(findings, 'git')).toMatchObject({
    state: 'missing',
    detail: expect.stringContaining('2.38 or newer is required'),
  });
});

test.each([
  [200, 'ok', 'answers over plain http'],
  [401, 'note', 'requires credentials'],
  [404, 'missing', 'it is not a registry'],
])('a registry that answers %i', async (status, state, words) => {
  const host = await registry(status);
  const { findings } = await json(complete, [`--default-repo=${host}/team`]);
  expect(named(findings, host)).toMatchObject({ state, detail: expect.stringContaining(words) });
  expect(named(findings, 'default repository')).toMatchObject({ detail: `${host}/team (--default-repo)` });
});

test('a registry of this machine that speaks TLS is asked over TLS', async () => {
  const { ca, server } = makeCertificates(room, 'registry');
  const files = { key: await readFile(server.key, 'utf8'), cert: await readFile(server.cert, 'utf8') };
  const port = await listen(createTlsServer(files, (_, response) => response.writeHead(200).end()));
  const host = `127.0.0.1:${port}`;
  const trusting = await json(complete, [`--default-repo=${host}/team`], { NODE_EXTRA_CA_CERTS: ca });
  expect(named(trusting.findings, host)).toMatchObject({ state: 'ok', detail: 'answers; no credentials' });
  const { findings } = await json(complete, [`--default-repo=${host}/team`]);
  expect(named(findings, host)).toMatchObject({
    state: 'missing',
    detail: expect.stringContaining('its authority is not trusted (set NODE_EXTRA_CA_CERTS'),
  });
});

test('a registry behind a proxy is asked through it, and what the proxy answers is said', async () => {
  const { ca, server } = makeCertificates(room, 'proxied');
  const files = { key: await readFile(server.key, 'utf8'), cert: await readFile(server.cert, 'utf8') };
  const port = await listen(createTlsServer(files, (_, response) => response.end('{"tags":["v1"]}')));
  const proxy = await startProxy({ 'registry.proxied.test': port });
  try {
    const env = { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: proxy.url };
    const { findings, exitCode } = await json(complete, ['--default-repo=registry.proxied.test/team'], env);
    expect(named(findings, 'registry.proxied.test')).toMatchObject({ state: 'ok', detail: 'answers; no credentials' });
    expect(exitCode).toBe(0);
    expect(proxy.asked).toEqual(['CONNECT registry.proxied.test:443']);
    const other = await json(complete, ['--default-repo=other.proxied.test/team'], env);
    expect(named(other.findings, 'other.proxied.test')).toMatchObject({
      state: 'missing',
      detail: expect.stringContaining('answered 502 Bad Gateway for other.proxied.test:443'),
    });
    // The real one; Go reads certificates from there.
    const own = { PATH: withTools(['crane']).PATH, HOME: room, SSL_CERT_FILE: ca, HTTPS_PROXY: proxy.url };
    const crane = (host: string) =>
      execa('crane', ['ls', `${host}/team`], { env: own, extendEnv: false, reject: false });
    expect(await crane('registry.proxied.test')).toMatchObject({ exitCode: 0, stdout: 'v1' });
    expect(await crane('other.proxied.test')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Bad Gateway'),
    });
  } finally {
    await proxy.stop();
  }
});

test('a registry that does not accept connections', async () => {
  const { exitCode, findings } = await json(complete, ['--default-repo=127.0.0.1:59998/team']);
  expect(exitCode).toBe(4);
  expect(named(findings, '127.0.0.1:59998')).toMatchObject({
    state: 'missing',
    detail: expect.stringContaining('connection refused'),
  });
});

test('credentials are listed by host and never shown', async () => {
  const host = await registry(401);
  const directory = join(room, 'dockerconfig');
  await mkdir(directory);
  const auth = Buffer.from(`bob:${secret}`).toString('base64');
  const config = { auths: { [host]: { auth } }, credHelpers: { 'gcr.io': 'not-here' } };
  await writeFile(join(directory, '.dockerconfigjson'), JSON.stringify(config));
  const { stdout, stderr, findings } = await json(complete, [
    `--default-repo=${host}/x`,
    `--dockerconfig=${directory}`,
  ]);
  expect(named(findings, host)).toMatchObject({
    state: 'ok',
    detail: expect.stringContaining('credentials in the docker config'),
  });
  expect(named(findings, 'docker-credential-not-here')).toMatchObject({
    state: 'missing',
    detail: expect.stringContaining('gcr.io'),
  });
  expect(stdout + stderr).not.toContain(secret);
  expect(stdout + stderr).not.toContain(auth);
});

test('a malformed docker config counts as missing, and is not quoted', async () => {
  await mkdir(join(room, '.docker'), { recursive: true });
  await writeFile(join(room, '.docker', 'config.json'), `{"auths": {"x": {"password": "${secret}"`);
  const { stdout, stderr, findings } = await json(complete, [], { DOCKER_CONFIG: join(room, '.docker') });
  expect(named(findings, 'docker config')).toMatchObject({
    state: 'missing',
    detail: expect.stringContaining('not JSON'),
  });
  expect(stdout + stderr).not.toContain(secret);
});

test('a Docker daemon is reported as not needed', async () => {
  const { findings } = await json(complete, [], { DOCKER_HOST: 'tcp://bob:pw@docker.example.com:2375' });
  expect(named(findings, 'daemon')).toMatchObject({
    state: 'ok',
    detail: 'at tcp://***@docker.example.com:2375; not needed',
  });
});

test('a configuration that cannot be read counts as missing', async () => {
  const { exitCode, findings } = await json(complete, ['--registry-file=nope.yaml']);
  expect(exitCode).toBe(4);
  expect(named(findings, 'settings')).toMatchObject({ detail: expect.stringContaining('the file does not exist') });
});
