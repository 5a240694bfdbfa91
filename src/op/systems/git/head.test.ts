import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { testContext } from '../../../../test/op/test-context.js';
import { readHead, withoutCredentials } from './head.js';

let repository: SampleRepository;
const { context } = testContext({ env: { PATH: process.env.PATH } });
const head = (directory = repository.directory) => readHead(context, directory);

beforeEach(async () => {
  repository = await makeSampleRepository();
});
afterEach(() => repository.remove());

describe('the commit that is checked out', () => {
  it('is given in full, with the origin and without its credentials', async () => {
    repository.git('remote', 'add', 'origin', 'https://bob:pw@git.example.com/shop.git');
    expect(await head()).toEqual({
      commit: repository.git('rev-parse', 'HEAD'),
      changed: 0,
      url: 'https://git.example.com/shop.git',
    });
  });

  it('comes with the number of files that differ: changed, new, deleted, renamed, anywhere in the repository', async () => {
    await repository.write({ 'app/hello.txt': 'changed', 'new with space.txt': 'x', 'build_result.json': 'ignored' });
    repository.git('rm', '--quiet', 'base/base.txt');
    repository.git('mv', 'build-image.sh', 'moved.sh');
    expect((await head(join(repository.directory, 'app')))?.changed).toBe(4);
  });

  it.each(['.git/info/exclude', '.git/refs/heads/other', '.git/packed-refs', '.git/config', '.gitignore'])(
    'is not asked of git when %s is a pipe, for which it would wait',
    async (name) => {
      const path = join(repository.directory, name);
      await rm(path, { force: true });
      execFileSync('mkfifo', [path]);
      await expect(head()).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining(name) });
      await rm(path);
    },
  );

  it('is not asked of git in a work tree whose repository has a pipe', async () => {
    const tree = join(await mkdtemp(join(tmpdir(), 'work-tree-')), 'tree');
    repository.git('worktree', 'add', '--quiet', '--detach', tree);
    expect((await head(tree))?.changed).toBe(0);
    await rm(join(repository.directory, '.git/info/exclude'), { force: true });
    execFileSync('mkfifo', [join(repository.directory, '.git/info/exclude')]);
    await expect(head(tree)).rejects.toMatchObject({ kind: 'refused' });
  });

  it('is unknown without a repository, and without a commit', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'no-git-'));
    expect(await head(empty)).toBeUndefined();
    repository.git('-C', empty, 'init', '--quiet');
    expect(await head(empty)).toBeUndefined();
    await rm(empty, { recursive: true });
  });

  it('fails when git cannot read the repository, which is not the same as no commit', async () => {
    const foreign = testContext({ env: { PATH: process.env.PATH, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' } }).context;
    await expect(readHead(foreign, repository.directory)).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('dubious ownership'),
    });
    await repository.write({ '.git/config': '[broken' });
    await expect(head()).rejects.toMatchObject({ kind: 'tool', why: expect.stringContaining('bad config line') });
  });

  it('is read without running what the repository configures', async () => {
    const touched = join(repository.directory, '..', `${repository.commit().slice(0, 12)}-touched`);
    repository.git('config', 'core.fsmonitor', `touch ${touched}; false`);
    await mkdir(join(repository.directory, 'more'));
    expect((await head())?.changed).toBe(0);
    expect(existsSync(touched)).toBe(false);
  });

  it.each([
    ['https://u:p@h/x.git', 'https://h/x.git'],
    ['https://token@h/x.git', 'https://h/x.git'],
    ['http://u:p%40q@h:8080/x', 'http://h:8080/x'],
    ['https://h/x@y', 'https://h/x@y'],
    ['git@github.com:acme/shop.git', 'git@github.com:acme/shop.git'],
    ['ssh://git@h/x.git', 'ssh://git@h/x.git'],
  ])('publishes the URL %s as %s', (url, published) => expect(withoutCredentials(url)).toBe(published));
});
