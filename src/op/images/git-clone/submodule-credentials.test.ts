import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

let op: Op;
let host: GitHost;
let room: string;
let salaries: HostedRepository;
let count = 0;

beforeAll(async () => {
  [op, host] = await Promise.all([bundledOp(['git']), startGitHost()]);
  room = await mkdtemp(join(tmpdir(), 'submodule-credentials-'));
  salaries = await host.repository('private/salaries');
  await salaries.commit('Salaries', { 'salaries.txt': 'all of them\n' });
});
afterAll(async () => {
  await Promise.all([op?.dispose(), host?.stop(), rm(room, { recursive: true, force: true })]);
});

/** A private repository, and a pull request for it that adds a submodule: two lines and a link to a commit. */
async function pullRequest(url: string, linked = (_: HostedRepository) => salaries): Promise<HostedRepository> {
  count += 1;
  const shop = await host.repository(`private/shop-${count}.git`);
  await shop.commit('First', { 'README.md': 'one\n' });
  const commit = linked(shop).git('rev-parse', 'HEAD');
  await writeFile(join(shop.workingCopy, '.gitmodules'), `[submodule "x"]\n\tpath = x\n\turl = ${url}\n`);
  shop.git('add', '.gitmodules');
  shop.git('update-index', '--add', '--cacheinfo', `160000,${commit},x`);
  shop.git('commit', '--quiet', '--message=a submodule');
  shop.git('push', '--quiet', 'origin', 'HEAD:refs/pull/1/head');
  return shop;
}

async function secret(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(room, `auth-${count}`);
  await mkdir(directory);
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return directory;
}

async function clone(shop: HostedRepository, files: Readonly<Record<string, string>>, ...flags: string[]) {
  const into = join(room, `work-${count}`);
  const to = ['--revision=refs/pull/1/head', `--destination=${into}`, `--basic-auth=${await secret(files)}`];
  const ran = await op.run(room, ['git-clone', `--url=${shop.url}`, ...to, ...flags]);
  return {
    ...ran,
    hasReadme: existsSync(join(into, 'README.md')),
    hasSalaries: existsSync(join(into, 'x/salaries.txt')),
  };
}

const basicAuth = { username: 'robot', password: 's3cret-pw' };
const stored = (path = '') => ({ '.git-credentials': `${host.url.replace('://', '://robot:s3cret-pw@')}${path}\n` });
const refused = { exitCode: 4, hasSalaries: false, stderr: expect.stringContaining('--submodule-credentials') };
const fetched = { exitCode: 0, hasReadme: true, hasSalaries: true };

describe('the credential of a clone', () => {
  it.each([
    ['a basic-auth Secret', () => basicAuth],
    ['.git-credentials', () => stored()],
    [
      '.git-credentials with a .gitconfig',
      () => ({ ...stored(), '.gitconfig': `[credential "${host.url}"]\n\thelper = store\n` }),
    ],
  ])('in %s does not open another private repository as a submodule', async (_, files) => {
    expect(await clone(await pullRequest('../salaries'), files())).toMatchObject(refused);
  });

  it('does not open one by its whole URL, nor one below the path of the cloned repository', async () => {
    expect(await clone(await pullRequest(salaries.url), basicAuth)).toMatchObject(refused);
    const shop = await pullRequest('./salaries');
    await (await host.repository(`private/shop-${count}.git/salaries`)).commit('Salaries', { 'salaries.txt': 'x\n' });
    expect(await clone(shop, basicAuth)).toMatchObject(refused);
  });

  it('opens other repositories of the host with --submodule-credentials', async () => {
    expect(await clone(await pullRequest('../salaries'), basicAuth, '--submodule-credentials')).toMatchObject(fetched);
  });

  it('opens a repository that .git-credentials names', async () => {
    const files = {
      '.git-credentials': `${stored()['.git-credentials']}${stored('/private/salaries')['.git-credentials']}`,
    };
    expect(await clone(await pullRequest('../salaries'), files)).toMatchObject(fetched);
  });

  it('opens the cloned repository under its name with and without .git', async () => {
    const shop = await pullRequest(`../shop-${count + 1}.git`, (itself) => itself);
    const url = shop.url.replace(/\.git$/u, '');
    const ran = await clone({ ...shop, url }, basicAuth);
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0, hasReadme: true });
  });

  it('is not asked for by a submodule that everyone may read', async () => {
    const open = await host.repository('open');
    await open.commit('Open', { 'salaries.txt': 'none\n' });
    expect(await clone(await pullRequest('../../open', () => open), basicAuth)).toMatchObject(fetched);
  });
});
