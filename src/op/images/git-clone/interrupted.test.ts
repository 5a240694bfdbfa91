import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

let op: Op;
let host: GitHost;
let slow: HostedRepository;
let shop: HostedRepository;
let old: GitHost;
let room: string;

beforeAll(async () => {
  [op, host, old] = await Promise.all([bundledOp(['git']), startGitHost(), startGitHost({ 'protocol.version': '0' })]);
  room = await mkdtemp(join(tmpdir(), 'interrupted-test-'));
  [slow, shop] = [await host.repository('slow/shop.git'), await host.repository('shop.git')];
  await slow.commit('First', { 'README.md': 'one\n' });
  await shop.commit('First', { 'README.md': 'one\n' });
});
afterAll(async () => {
  await Promise.all([op?.dispose(), host?.stop(), old?.stop(), rm(room, { recursive: true, force: true })]);
});

const flags = (repository: HostedRepository, into: string, ...more: string[]) => [
  'git-clone',
  `--url=${repository.url}`,
  `--destination=${into}`,
  ...more,
];
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('op-git-'));

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s during a transfer ends it at once, and the next run finishes', async (signal, code) => {
  const into = join(room, `into-${signal}`);
  const before = leftovers();
  const ended = await op.interrupt(room, flags(slow, into), 'fetch main', signal);
  expect(ended).toMatchObject({ exitCode: code });
  expect(leftovers()).toEqual(before);
  expect(existsSync(join(into, '.git/octopipeline-unfinished'))).toBe(true);
  for (const more of [['--delete-existing=false'], []]) {
    const again = await op.run(room, flags(shop, into, ...more));
    if (more.length > 0)
      expect(again).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('it is a clone of') });
    else expect(again).toMatchObject({ exitCode: 0 });
  }
  expect(readdirSync(into).sort()).toEqual(['.git', 'README.md']);
});

test('after kill -9, with locks left behind, the next run finishes, even with --delete-existing=false', async () => {
  const into = join(room, 'killed');
  const before = leftovers();
  let over = false;
  const killed = op.interrupt(room, flags(slow, into), 'fetch main', 'SIGKILL').finally(() => {
    over = true;
  });
  // The git that op had started keeps running, which op cannot prevent, and ends when the server does.
  while (!over) {
    await new Promise((done) => setTimeout(done, 100));
    if (host.requests.at(-1) === 'a fetch that hangs') host.drop();
  }
  await killed;
  const left = leftovers().filter((name) => !before.includes(name));
  await Promise.all(left.map((name) => rm(join(tmpdir(), name), { recursive: true })));
  for (const lock of ['index.lock', 'shallow.lock', 'HEAD.lock', 'refs/heads.lock'])
    await writeFile(join(into, '.git', lock), '');
  const own = await host.repository('killed.git');
  await own.commit('First', { 'README.md': 'one\n' });
  const config = join(into, '.git', 'config');
  await writeFile(config, (await readFile(config, 'utf8')).replace(slow.url, own.url));
  expect(await op.run(room, flags(own, into, '--delete-existing=false'))).toMatchObject({ exitCode: 0 });
  expect(readdirSync(into).sort()).toEqual(['.git', 'README.md']);
  expect(await op.run(room, flags(own, into))).toMatchObject({ stderr: expect.stringContaining('already up to date') });
});

test('it times out with exit code 5, and leaves no process', async () => {
  const started = Date.now();
  const ended = await op.run(room, flags(slow, join(room, 'late'), '--timeout=2s'));
  expect(ended).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('timed out') });
  expect(Date.now() - started).toBeLessThan(10_000);
});

test('a server with the old protocol, which serves branches and tags only, is asked for their history', async () => {
  const repository = await old.repository('old.git');
  const first = await repository.commit('First', { 'README.md': 'one\n' });
  await repository.commit('Second', { 'README.md': 'two\n' });
  const into = join(room, 'old');
  expect(await op.run(room, flags(repository, into, `--revision=${first}`))).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining(`cloned: ${first}`),
  });
});

test('an empty repository has its own error', async () => {
  const repository = await host.repository('empty.git');
  const ended = await op.run(room, flags(repository, join(room, 'empty')));
  expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('the repository is empty') });
});
