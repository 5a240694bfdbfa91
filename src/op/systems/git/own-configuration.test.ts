import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { describeCommit } from './describe.js';
import { currentBranch, readHead, workTree } from './head.js';

const { context } = testContext({ env: { PATH: process.env.PATH } });
let room: string;
let shop: string;
const ran = () => existsSync(join(room, 'ran'));
const code = () => `sh -c 'touch ${join(room, 'ran')}; cat'`;
const git = (directory: string, ...args: string[]) =>
  execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });

async function makeRepository(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  git(directory, 'init', '--quiet', '--initial-branch=main');
  await writeFile(join(directory, 'a.txt'), 'a\n');
  git(directory, 'add', '.');
  git(directory, 'commit', '--quiet', '--message=x');
  return directory;
}

/** Git compares the file again each time: it cannot write the index. */
async function change(directory: string): Promise<void> {
  await writeFile(join(directory, 'a.txt'), 'b\n');
  await writeFile(join(git(directory, 'rev-parse', '--absolute-git-dir').trim(), 'index.lock'), '');
}

beforeEach(async () => {
  room = await realpath(await mkdtemp(join(tmpdir(), 'filters-')));
  shop = await makeRepository(join(room, 'shop'));
});
afterEach(() => rm(room, { recursive: true }));

const acts = [
  ['reading its commit', () => readHead(context, shop)],
  ['describing its commit', () => describeCommit(context, shop)],
] as const;

describe.each([
  ['clean', () => ['config', 'filter.x.clean', code()]],
  ['process', () => ['config', 'filter.x.process', code()]],
  ['clean of a program that only looks like Git LFS', () => ['config', 'filter.lfs.clean', `git-lfs; ${code()}`]],
])('a repository that sets the filter %s', (_, setting) => {
  it.each(acts)('is refused when %s, and runs nothing', async (_name, act) => {
    git(shop, ...setting());
    await mkdir(join(shop, '.git/info'), { recursive: true });
    await writeFile(join(shop, '.git/info/attributes'), '* filter=x\n');
    await change(shop);
    await expect(act()).rejects.toMatchObject({ kind: 'refused', message: `cannot use the repository in ${shop}` });
    expect(ran()).toBe(false);
  });
});

it.each(acts)('filters of an included file and of a submodule are found when %s', async (_, act) => {
  await writeFile(join(room, 'more'), `[filter "x"]\n\tclean = "${code()}"\n`);
  git(shop, 'config', 'include.path', join(room, 'more'));
  await expect(act()).rejects.toMatchObject({ kind: 'refused', why: expect.stringContaining('filter.x.clean') });
  git(shop, 'config', '--unset', 'include.path');
  const inner = await makeRepository(join(shop, 'inner'));
  git(shop, 'add', 'inner');
  git(shop, 'commit', '--quiet', '--message=y');
  git(inner, 'config', 'filter.x.clean', code());
  await writeFile(join(inner, '.git/info/attributes'), '* filter=x\n').catch(() => undefined);
  await change(inner);
  await expect(act()).rejects.toMatchObject({ kind: 'refused', message: `cannot use the repository in ${inner}` });
  expect(ran()).toBe(false);
});

it.each([...acts, ['looking for its root', () => workTree(context, shop)] as const])(
  'a work tree that the repository itself moves is refused when %s',
  async (_, act) => {
    git(shop, 'config', 'core.worktree', room);
    await expect(act()).rejects.toMatchObject({ kind: 'refused', why: expect.stringContaining('core.worktree') });
  },
);

it('the work trees of a submodule and of git worktree are where they are', async () => {
  git(shop, 'worktree', 'add', '--quiet', join(room, 'second'));
  expect(await workTree(context, join(room, 'second'))).toBe(join(room, 'second'));
  const inner = await makeRepository(join(room, 'inner'));
  git(shop, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'inner');
  expect(await workTree(context, join(shop, 'inner'))).toBe(join(shop, 'inner'));
  expect(await readHead(context, join(shop, 'inner'))).toMatchObject({ changed: 0 });
});

it('filters of the user are used, and those that Git LFS sets in a repository', async () => {
  await writeFile(join(room, 'user'), '[filter "x"]\n\tclean = tr a-z A-Z\n');
  const own = testContext({ env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: join(room, 'user') } }).context;
  git(shop, 'config', 'filter.lfs.clean', 'git-lfs clean -- %f');
  git(shop, 'config', 'filter.lfs.process', 'git-lfs filter-process');
  expect(await readHead(own, shop)).toMatchObject({ changed: 0 });
});

it('an object that is missing is not fetched with the program that the repository names', async () => {
  const settings = {
    'core.repositoryFormatVersion': '1',
    'extensions.partialClone': 'origin',
    'remote.origin.promisor': 'true',
    'remote.origin.url': 'ssh://git.example.com/shop.git',
    'core.sshCommand': `${code()} #`,
  };
  const tree = git(shop, 'rev-parse', 'HEAD^{tree}').trim();
  for (const [name, value] of Object.entries(settings)) git(shop, 'config', name, value);
  await rm(join(shop, '.git/objects', tree.slice(0, 2), tree.slice(2)));
  await rm(join(shop, '.git/index'));
  await Promise.allSettled([readHead(context, shop), describeCommit(context, shop), workTree(context, shop)]);
  expect(await currentBranch(context, shop)).toBe('main');
  expect(ran()).toBe(false);
});
