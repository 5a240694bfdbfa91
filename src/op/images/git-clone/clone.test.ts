import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

let op: Op;
let host: GitHost;
let shop: HostedRepository;
let room: string;
let first: string;
let second: string;
let count = 0;

beforeAll(async () => {
  [op, host] = await Promise.all([bundledOp(['git']), startGitHost()]);
  room = await mkdtemp(join(tmpdir(), 'clone-test-'));
  shop = await host.repository('team/shop.git');
  first = await shop.commit('First', { 'README.md': 'one\n', 'app/main.txt': 'a\n', 'docs/page.txt': 'd\n' });
  shop.git('tag', '--annotate', '--message=one', 'v1.0.0');
  shop.git('push', '--quiet', 'origin', 'v1.0.0', 'HEAD:refs/heads/grün/ÄÖ', 'HEAD:refs/pull/7/head');
  second = await shop.commit('Second \u001b[31mred\u001b[0m commit', { 'README.md': 'two\n' });
});
afterAll(async () => {
  await Promise.all([op?.dispose(), host?.stop(), rm(room, { recursive: true, force: true })]);
});

const fresh = () => {
  count += 1;
  return join(room, `work-${count}`);
};
const clone = (destination: string, ...flags: string[]) =>
  op.run(room, ['git-clone', `--url=${shop.url}`, `--destination=${destination}`, ...flags]);
const git = (directory: string, ...args: string[]) =>
  execFileSync('git', ['-C', directory, ...args], { encoding: 'utf8' }).trim();
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

test('clones the default branch and logs what it did', async () => {
  const into = fresh();
  const { exitCode, stderr } = await clone(
    into,
    `--result=commit=${into}.commit`,
    `--result=url=${into}.url`,
    `--result=committer-date=${into}.date`,
  );
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stderr.split('\n')[0]).toBe(`clone ${shop.url} at its default branch into ${into}`);
  expect(lastLine(stderr)).toMatch(new RegExp(`^cloned: ${second} "Second red commit" in \\d+\\.\\d s$`, 'u'));
  expect(readFileSync(join(into, 'README.md'), 'utf8')).toBe('two\n');
  expect(readFileSync(`${into}.commit`, 'utf8')).toBe(second);
  expect(readFileSync(`${into}.url`, 'utf8')).toBe(shop.url);
  expect(readFileSync(`${into}.date`, 'utf8')).toBe(shop.git('log', '-1', '--format=%ct', second));
  expect(git(into, 'status', '--porcelain')).toBe('');
  expect(git(into, 'rev-list', '--count', 'HEAD')).toBe('1');
});

test('clones nothing when something else is used in place of the repository', async () => {
  const into = fresh();
  const { exitCode, stderr } = await clone(into, '--unless=production-imageset', `--result=commit=${into}.commit`);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'nothing to clone: production-imageset is used' });
  expect(existsSync(into)).toBe(false);
  expect(readFileSync(`${into}.commit`, 'utf8')).toBe('');
});

test.each([
  ['a branch', () => 'main', () => second],
  ['an annotated tag', () => 'v1.0.0', () => first],
  ['a branch with a slash and umlauts', () => 'grün/ÄÖ', () => first],
  ['a full name', () => 'refs/heads/main', () => second],
  ['a pull request', () => 'refs/pull/7/head', () => first],
  ['a pull request without refs/', () => 'pull/7/head', () => first],
  ['a commit that is not the tip of a branch', () => first, () => first],
  ['HEAD', () => 'HEAD', () => second],
])('accepts %s as a revision', async (_, revision, expected) => {
  const into = fresh();
  const { exitCode, stderr } = await clone(into, `--revision=${revision()}`);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(git(into, 'rev-parse', 'HEAD')).toBe(expected());
});

test('treats an empty flag, which Tekton passes for a param without a value, as missing', async () => {
  const empty = [
    'revision',
    'refspec',
    'depth',
    'subdirectory',
    'ssh-directory',
    'basic-auth',
    'ssl-ca-directory',
    'timeout',
  ];
  const { exitCode, stderr } = await clone(
    fresh(),
    ...empty.map((name) => `--${name}=`),
    '--submodules=',
    '--delete-existing=',
  );
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
});

test('does nothing if the same commit is checked out and clean, and asks the server for its refs only', async () => {
  const into = fresh();
  await clone(into);
  const before = host.requests.length;
  const { exitCode, stderr } = await clone(into, '--revision=main');
  expect(exitCode).toBe(0);
  expect(lastLine(stderr)).toContain(`already up to date, nothing to do: ${second}`);
  expect(host.requests.slice(before).filter((request) => request.startsWith('POST'))).toHaveLength(1);
});

test.each([
  ['a changed file', (into: string) => writeFileSync(join(into, 'README.md'), 'changed\n')],
  ['an untracked file', (into: string) => writeFileSync(join(into, 'build_result.json'), '{}')],
  [
    'a changed file that the index marks as unchanged',
    (into: string) => {
      writeFileSync(join(into, 'README.md'), 'evil\n');
      git(into, 'update-index', '--assume-unchanged', 'README.md');
      expect(git(into, 'status', '--porcelain')).toBe('');
    },
  ],
  [
    'a forged commit object',
    (into: string) => {
      writeFileSync(join(into, 'README.md'), 'evil\n');
      git(into, '-c', 'user.name=x', '-c', 'user.email=x', 'commit', '--quiet', '--all', '--amend', '--message=Second');
      const evil = git(into, 'rev-parse', 'HEAD');
      git(into, 'update-ref', '--no-deref', 'HEAD', second);
      const object = (id: string) => join(into, '.git/objects', id.slice(0, 2), id.slice(2));
      execFileSync('cp', ['--force', object(evil), object(second)]);
    },
  ],
  ['a tag that the server does not have', (into: string) => git(into, 'tag', 'v9')],
])('clones again over %s', async (_, spoil) => {
  const into = fresh();
  await clone(into);
  spoil(into);
  const { exitCode, stderr } = await clone(into);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stderr).toContain('cloned:');
  expect(readFileSync(join(into, 'README.md'), 'utf8')).toBe('two\n');
  expect(readdirSync(into).sort()).toEqual(['.git', 'README.md', 'app', 'docs']);
});

test('clones again if a longer history is requested', async () => {
  const into = fresh();
  await clone(into);
  expect((await clone(into, '--depth=0')).stderr).toContain('cloned:');
  expect(git(into, 'rev-list', '--count', 'HEAD')).toBe('2');
  expect(git(into, 'describe', '--tags')).toMatch(/^v1\.0\.0-1-g/u);
  expect((await clone(into)).stderr).toContain('already up to date');
});

test('keeps other files with --delete-existing=false, and reuses its own clone', async () => {
  const into = fresh();
  mkdirSync(into);
  writeFileSync(join(into, 'other.txt'), 'mine');
  expect(await clone(into, '--delete-existing=false', '--revision=v1.0.0')).toMatchObject({ exitCode: 0 });
  expect(await clone(into, '--delete-existing=false')).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(into, 'other.txt'), 'utf8')).toBe('mine');
  expect(readFileSync(join(into, 'README.md'), 'utf8')).toBe('two\n');
  expect(await clone(into, '--delete-existing=false', '--depth=0')).toMatchObject({ exitCode: 0 });
  expect(git(into, 'rev-list', '--count', 'HEAD')).toBe('2');
});

test('clones into a subdirectory and keeps the files next to it', async () => {
  const into = fresh();
  mkdirSync(into);
  writeFileSync(join(into, 'other.txt'), 'mine');
  expect(await clone(into, '--subdirectory=a/b')).toMatchObject({ exitCode: 0 });
  expect(existsSync(join(into, 'a/b/README.md'))).toBe(true);
  expect(existsSync(join(into, 'other.txt'))).toBe(true);
});

test('checks out only the directories of --sparse-checkout-directories', async () => {
  const into = fresh();
  expect(await clone(into, '--sparse-checkout-directories=app,docs/')).toMatchObject({ exitCode: 0 });
  expect(readdirSync(into).sort()).toEqual(['.git', 'app', 'docs']);
  expect(git(into, 'status', '--porcelain')).toBe('');
});

test('fetches refspecs before it looks up the revision', async () => {
  const into = fresh();
  const flags = ['--refspec=refs/pull/7/head:refs/heads/pull-7 +refs/tags/*:refs/tags/*', '--revision=pull-7'];
  expect(await clone(into, ...flags)).toMatchObject({ exitCode: 0 });
  expect(git(into, 'rev-parse', 'HEAD')).toBe(first);
  expect(git(into, 'tag')).toBe('v1.0.0');
});

test('two clones in two directories can run at the same time', async () => {
  const [one, other] = [fresh(), fresh()];
  const ended = await Promise.all([clone(one), clone(other, '--revision=v1.0.0')]);
  expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect([git(one, 'rev-parse', 'HEAD'), git(other, 'rev-parse', 'HEAD')]).toEqual([second, first]);
});
