import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { describeCommit } from './describe.js';
import { gitGuard, refuseEmbedded } from './embedded.js';
import { readHead, workTree } from './head.js';

const { context } = testContext({ env: { PATH: process.env.PATH } });
let room: string;
/** A repository, and a directory in it that is another one for git. */
let outer: string;
let app: string;
const ran = () => existsSync(join(room, 'ran'));

beforeEach(async () => {
  room = await realpath(await mkdtemp(join(tmpdir(), 'embedded-')));
  outer = join(room, 'shop');
  app = join(outer, 'app');
  await mkdir(app, { recursive: true });
  const git = (directory: string, ...args: string[]) =>
    execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args]);
  const inner = join(room, 'inner');
  await mkdir(inner);
  await writeFile(join(inner, 'a.txt'), 'a\n');
  git(inner, 'init', '--quiet');
  git(inner, 'add', 'a.txt');
  git(inner, 'commit', '--quiet', '--message=x');
  for (const name of ['HEAD', 'index', 'objects', 'refs']) {
    await cp(join(inner, '.git', name), join(app, name), { recursive: true });
  }
  const code = `sh -c 'touch ${join(room, 'ran')}; cat'`;
  const core = `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = "${code}"\n`;
  await writeFile(join(app, 'config'), `${core}[filter "x"]\n\tclean = "${code}"\n`);
  await writeFile(join(app, '.gitattributes'), '*.txt filter=x\n');
  await writeFile(join(app, 'a.txt'), 'b\n');
  git(outer, 'init', '--quiet');
  git(outer, 'add', '.');
  git(outer, 'commit', '--quiet', '--message=shop');
});
afterEach(() => rm(room, { recursive: true }));

it('is the attack that it looks like: git alone runs the code', () => {
  execFileSync('git', ['-C', app, 'status', '.', '--porcelain']);
  expect(ran()).toBe(true);
});

it.each([
  ['describing its commit', () => describeCommit(context, app)],
  ['reading its commit', () => readHead(context, app)],
  ['checking a build', () => refuseEmbedded(outer, app)],
  ['checking a build below it', () => refuseEmbedded(outer, join(app, 'refs', 'heads'))],
])('%s is refused, and runs nothing', async (_, act) => {
  await expect(act()).rejects.toMatchObject({ kind: 'refused', message: `cannot use ${app}` });
  expect(ran()).toBe(false);
});

it('looking for the root runs nothing', async () => {
  expect(await workTree(context, app)).toBe(app);
  expect(ran()).toBe(false);
});

it('programs that start git themselves run nothing either, and keep the settings that they were given', () => {
  const given = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'test.given', GIT_CONFIG_VALUE_0: 'kept' };
  const env = { ...process.env, ...given, ...gitGuard(given) };
  expect(() => execFileSync('git', ['-C', app, 'status'], { env, stdio: 'pipe' })).toThrow('safe.bareRepository');
  expect(execFileSync('git', ['-C', outer, 'config', 'test.given'], { env, encoding: 'utf8' })).toBe('kept\n');
  expect(ran()).toBe(false);
});

it('leaves the repository around it alone, and directories that only look similar', async () => {
  await rm(join(app, 'refs'), { recursive: true });
  await refuseEmbedded(outer, app);
  await refuseEmbedded(outer, outer);
  expect(await describeCommit(context, outer)).toMatchObject({ changed: true });
  expect(ran()).toBe(false);
});
