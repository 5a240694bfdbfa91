import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

let op: Op;
let host: GitHost;
let room: string;
let shop: HostedRepository;
let count = 0;
const marker = join(tmpdir(), `op-was-there-${process.pid}`);
const script = `#!/bin/sh\ntouch ${marker}\n`;

beforeAll(async () => {
  [op, host] = await Promise.all([bundledOp(['git']), startGitHost()]);
  room = await mkdtemp(join(tmpdir(), 'contents-test-'));
  shop = await host.repository('shop.git');
  await shop.commit('First', { 'README.md': 'one\n' });
});
afterAll(async () => {
  expect(existsSync(marker)).toBe(false);
  await Promise.all([op?.dispose(), host?.stop(), rm(room, { recursive: true, force: true })]);
});

const fresh = () => {
  count += 1;
  return join(room, `work-${count}`);
};
const clone = (url: string, destination: string, ...flags: string[]) =>
  op.run(room, ['git-clone', `--url=${url}`, `--destination=${destination}`, ...flags]);

/** A repository whose commit has a submodule, made without git submodule so that its URL and path can be anything. */
async function withSubmodule(name: string, url: string, path = 'lib', extra = ''): Promise<HostedRepository> {
  const repository = await host.repository(name);
  writeFileSync(
    join(repository.workingCopy, '.gitmodules'),
    `[submodule "lib"]\n\tpath = ${path}\n\turl = ${url}\n${extra}`,
  );
  repository.git('add', '.gitmodules');
  repository.git(
    'update-index',
    '--add',
    '--cacheinfo',
    `160000,${shop.git('rev-parse', 'HEAD')},${path.replaceAll('../', '')}`,
  );
  repository.git('commit', '--quiet', '--message=with a submodule');
  repository.git('push', '--quiet', 'origin', 'HEAD');
  return repository;
}

test('submodules are fetched, even by a relative URL, and skipped on request', async () => {
  const main = await withSubmodule('with-lib.git', '../shop.git');
  const into = fresh();
  const { exitCode, stderr } = await clone(main.url, into);
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('fetch the submodule lib'),
  });
  expect(readFileSync(join(into, 'lib/README.md'), 'utf8')).toBe('one\n');
  expect(await clone(main.url, into)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('cloned:') });
  expect(await clone(main.url, into, '--delete-existing=false')).toMatchObject({ exitCode: 0 });
  expect(existsSync(join(into, 'lib/README.md'))).toBe(true);
  const without = fresh();
  expect(await clone(main.url, without, '--submodules=false')).toMatchObject({ exitCode: 0 });
  expect(existsSync(join(without, 'lib/README.md'))).toBe(false);
});

test.each([
  ['ext::, which runs a program', () => `ext::sh -c "touch% ${marker}"`, 6],
  ['a local path', () => shop.workingCopy, 6],
  ['file:', () => `file://${shop.workingCopy}`, 6],
  ['an option', () => `--upload-pack=touch ${marker}`, 4],
])('a submodule whose URL is %s is refused', async (_, url, code) => {
  const main = await withSubmodule(`bad-url-${count}.git`, url());
  const { exitCode, stderr } = await clone(main.url, fresh());
  expect({ exitCode, stderr }).toMatchObject({ exitCode: code });
});

test.each([
  ['an update command', 'lib', `\tupdate = !touch ${marker}\n`],
  ['a path outside the clone', '../../lib', ''],
  ['a path into .git', '.git/hooks', ''],
])('a submodule with %s does no harm', async (_, path, extra) => {
  const name = `bad-module-${count}.git`;
  const made = await withSubmodule(name, shop.url, path, extra).catch(() => undefined);
  // git itself may refuse to create such a commit; then there is nothing to clone.
  if (made === undefined) return;
  const into = fresh();
  await clone(made.url, into);
  expect(existsSync(marker)).toBe(false);
  expect(existsSync(join(into, '../lib'))).toBe(false);
  expect(existsSync(join(into, '.git/hooks'))).toBe(false);
});

test('hooks and filters of a repository do not run', async () => {
  const repository = await host.repository('hooks.git');
  await repository.commit('hooks', {
    '.gitattributes': '* filter=evil\n',
    '.githooks/post-checkout': script,
    '.gitconfig': '[core]\n\thooksPath = .githooks\n',
    'file.txt': 'x\n',
  });
  const hooks = join(op.home, 'hooks');
  mkdirSync(hooks, { recursive: true });
  writeFileSync(join(hooks, 'post-checkout'), script);
  chmodSync(join(hooks, 'post-checkout'), 0o755);
  writeFileSync(join(op.home, '.gitconfig'), `[core]\n\thooksPath = ${hooks}\n`);
  expect(await clone(repository.url, fresh())).toMatchObject({ exitCode: 0 });
  await rm(join(op.home, '.gitconfig'));
});

test('symbolic links of a repository are never followed, neither on checkout nor on deletion', async () => {
  const outside = join(room, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'precious.txt'), 'keep');
  const repository = await host.repository('links.git');
  symlinkSync(outside, join(repository.workingCopy, 'link'));
  await repository.commit('a link', { 'file.txt': 'x\n' });
  const into = fresh();
  expect(await clone(repository.url, into)).toMatchObject({ exitCode: 0 });
  expect(lstatSync(join(into, 'link')).isSymbolicLink()).toBe(true);
  repository.git('rm', '--quiet', 'link');
  await repository.commit('a directory in its place', { 'link/precious.txt': 'overwritten?' });
  expect(await clone(repository.url, into, '--delete-existing=false')).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(outside, 'precious.txt'), 'utf8')).toBe('keep');
  rm(join(into, 'link'), { recursive: true });
  expect(await clone(repository.url, into)).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(outside, 'precious.txt'), 'utf8')).toBe('keep');
});

test.each([
  ['the destination', (into: string, outside: string) => symlinkSync(outside, into), []],
  [
    'a directory of --subdirectory',
    (into: string, outside: string) => {
      mkdirSync(into);
      symlinkSync(outside, join(into, 'a'));
    },
    ['--subdirectory=a/b'],
  ],
])('%s must not be a symbolic link', async (_, prepare, flags) => {
  const outside = fresh();
  mkdirSync(outside);
  writeFileSync(join(outside, 'precious.txt'), 'keep');
  const into = fresh();
  prepare(into, outside);
  const ended = await clone(shop.url, into, ...flags);
  expect(ended).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('is a symbolic link') });
  expect(readFileSync(join(outside, 'precious.txt'), 'utf8')).toBe('keep');
});

test('a home directory is never emptied', async () => {
  const ended = await clone(shop.url, op.home);
  expect(ended).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('it is the home directory') });
  expect(existsSync(join(op.home, 'op.cjs'))).toBe(true);
});

const spoilers: readonly (readonly [string, (gitDirectory: string) => void])[] = [
  [
    'core.fsmonitor',
    (path) => writeFileSync(join(path, 'config'), `[core]\n\tfsmonitor = touch ${marker}\n`, { flag: 'a' }),
  ],
  [
    'core.sshCommand',
    (path) => writeFileSync(join(path, 'config'), `[core]\n\tsshCommand = touch ${marker}\n`, { flag: 'a' }),
  ],
  [
    'a filter',
    (path) => writeFileSync(join(path, 'config'), `[filter "x"]\n\tclean = touch ${marker}\n`, { flag: 'a' }),
  ],
  ['an include', (path) => writeFileSync(join(path, 'config'), '[include]\n\tpath = ../evil\n', { flag: 'a' })],
  [
    'an upload-pack',
    (path) => writeFileSync(join(path, 'config'), `[remote "origin"]\n\tuploadpack = touch ${marker}\n`, { flag: 'a' }),
  ],
  [
    'its own attributes',
    (path) => {
      mkdirSync(join(path, 'info'), { recursive: true });
      writeFileSync(join(path, 'info/attributes'), '* ident\n');
    },
  ],
  [
    'a hook',
    (path) => {
      mkdirSync(join(path, 'hooks'));
      writeFileSync(join(path, 'hooks/post-index-change'), script, { mode: 0o755 });
    },
  ],
  ['a commondir', (path) => writeFileSync(join(path, 'commondir'), '/tmp\n')],
];

test.each(spoilers)('a .git with %s is neither trusted nor reused', async (_, spoil) => {
  const into = fresh();
  await clone(shop.url, into);
  spoil(join(into, '.git'));
  const kept = await clone(shop.url, into, '--delete-existing=false');
  expect(kept).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('cannot be reused') });
  expect(await clone(shop.url, into)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('cloned:') });
  expect(execFileSync('git', ['-C', into, 'status', '--porcelain'], { encoding: 'utf8' })).toBe('');
  expect(existsSync(marker)).toBe(false);
});

test('a .git that is a file is not followed', async () => {
  const into = fresh();
  mkdirSync(into);
  writeFileSync(join(into, '.git'), `gitdir: ${shop.workingCopy}/.git\n`);
  expect(await clone(shop.url, into, '--delete-existing=false')).toMatchObject({ exitCode: 6 });
  expect(await clone(shop.url, into)).toMatchObject({ exitCode: 0 });
});

test('a warning says that files in Git LFS are pointers', async () => {
  const repository = await host.repository('lfs.git');
  await repository.commit('large', {
    '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    'a.bin': 'version 1',
  });
  const ended = await clone(repository.url, fresh());
  expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('git-lfs is not set up here') });
});

test('messages of a commit or of the server cannot control the terminal', async () => {
  const repository = await host.repository('escape.git');
  await repository.commit('\u001b]0;title\u0007\u001b[2Jcleared \u202egnirts', { 'a.txt': 'a' });
  const { stderr } = await clone(repository.url, fresh());
  expect(stderr).toContain('"cleared gnirts"');
  for (const character of '\u001b\u0007\u202e') expect(stderr).not.toContain(character);
});
