import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

let op: Op;
let host: GitHost;
let shop: HostedRepository;
let room: string;
let count = 0;

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'tls-test-'));
  const key = join(room, 'server.key');
  const cert = join(room, 'server.crt');
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2'];
  execFileSync('openssl', [...request, '-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'], {
    stdio: 'ignore',
  });
  const tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  [op, host] = await Promise.all([bundledOp(['git']), startGitHost({}, tls)]);
  shop = await host.repository('shop.git');
  await shop.commit('First', { 'README.md': 'one\n' });
});
afterAll(async () => {
  await Promise.all([op?.dispose(), host?.stop(), rm(room, { recursive: true, force: true })]);
});

function clone(...flags: string[]) {
  count += 1;
  return op.run(room, ['git-clone', `--url=${shop.url}`, `--destination=${join(room, `into-${count}`)}`, ...flags]);
}

test('a certificate of an unknown authority is refused', async () => {
  expect(await clone()).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('certificate of the server is not trusted'),
  });
});

test.each(['ca-bundle.crt', 'ca.crt'])(
  '%s of the workspace is trusted in addition to the authorities of the system',
  async (name) => {
    const directory = join(room, `authorities-${count}`);
    await mkdir(directory);
    await writeFile(join(directory, name), await readFile(join(room, 'server.crt')));
    expect(await clone(`--ssl-ca-directory=${directory}`)).toMatchObject({ exitCode: 0 });
    expect(await clone(`--ssl-ca-directory=${directory}`, `--ssl-ca-file=${name}`)).toMatchObject({ exitCode: 0 });
    expect(await clone(`--ssl-ca-directory=${directory}`, '--ssl-ca-file=other.crt')).toMatchObject({ exitCode: 3 });
  },
);

test('with --ssl-verify=false it works, with a warning', async () => {
  const ended = await clone('--ssl-verify=false');
  expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('is not checked') });
});
