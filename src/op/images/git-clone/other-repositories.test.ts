import { execFile, execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { testContext } from '../../../../test/op/test-context.js';
import { readHead } from '../../systems/git/head.js';
import { logSource } from '../push/report.js';

let op: Op;
/** One of today, and one that speaks git's first protocol. */
let hosts: Readonly<Record<'new' | 'old', GitHost>>;
let room: string;
let count = 0;

beforeAll(async () => {
  const [bundled, current, old] = await Promise.all([
    bundledOp(['git']),
    startGitHost(),
    startGitHost({ 'protocol.version': '0' }),
  ]);
  op = bundled;
  hosts = { new: current, old };
  room = await mkdtemp(join(tmpdir(), 'other-repositories-'));
  await chmod(room, 0o755);
});
afterAll(async () => {
  await Promise.all([op?.dispose(), hosts?.new.stop(), hosts?.old.stop(), rm(room, { recursive: true, force: true })]);
});

const git = (directory: string, ...args: string[]) =>
  execFileSync('git', ['-C', directory, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

/** For commands that ask a server, which answers in this process. */
const remote = (directory: string, ...args: string[]) => promisify(execFile)('git', ['-C', directory, ...args]);

function next(): number {
  count += 1;
  return count;
}

const fresh = () => join(room, `work-${next()}`);

async function clone(repository: HostedRepository, ...flags: string[]) {
  const into = fresh();
  return { into, ...(await op.run(room, ['git-clone', `--url=${repository.url}`, `--destination=${into}`, ...flags])) };
}

/** A repository with submodules, each at the first commit of another one, whose branch has gone on. */
async function withSubmodules(host: GitHost, ...paths: string[]): Promise<HostedRepository> {
  const lib = await host.repository(`lib-${next()}`);
  const pinned = await lib.commit('First', { 'lib.txt': 'pinned\n' });
  await lib.commit('Second', { 'lib.txt': 'newer\n' });
  await lib.commit('Third', { 'lib.txt': 'newest\n' });
  const shop = await host.repository(`shop-${count}`);
  const modules = paths.map((path) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${lib.url}\n`);
  for (const path of paths) {
    mkdirSync(join(shop.workingCopy, path), { recursive: true });
    shop.git('update-index', '--add', '--cacheinfo', `160000,${pinned},${path}`);
  }
  await writeFile(join(shop.workingCopy, '.gitmodules'), modules.join(''));
  await writeFile(join(shop.workingCopy, 'top.txt'), 'top\n');
  shop.git('add', '.gitmodules', 'top.txt');
  shop.git('commit', '--quiet', '--message=submodules');
  shop.git('push', '--quiet', 'origin', 'HEAD');
  return shop;
}

describe('submodules', () => {
  it.each(['new', 'old'] as const)('that are behind their branch come from a %s server', async (age) => {
    const shop = await withSubmodules(hosts[age], 'lib');
    const { into, exitCode, stderr } = await clone(shop);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(into, 'lib/lib.txt'), 'utf8')).toBe('pinned\n');
    expect(stderr.includes('with their history')).toBe(age === 'old');
    // Git itself, with the same depth.
    const own = fresh();
    await remote(room, 'clone', '--quiet', '--depth=1', shop.url, own);
    const update = () => remote(own, 'submodule', 'update', '--init', '--depth=1');
    if (age === 'old') await expect(update()).rejects.toThrow('Direct fetching of that commit failed');
    else await update();
    expect(existsSync(join(own, 'lib/lib.txt'))).toBe(age === 'new');
  });

  it('of a sparse checkout are those of its directories', async () => {
    const shop = await withSubmodules(hosts.new, 'vendor/lib', 'other/lib', 'vendor/[a]*');
    const { into, exitCode, stderr } = await clone(shop, '--sparse-checkout-directories=vendor');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(readdirSync(into).sort()).toEqual(['.git', 'vendor']);
    expect(readdirSync(join(into, 'vendor')).sort()).toEqual(['[a]*', 'lib']);
    for (const path of ['lib', '[a]*']) {
      expect(readFileSync(join(into, 'vendor', path, 'lib.txt'), 'utf8')).toBe('pinned\n');
    }
    expect(stderr).toContain('1 submodule not checked out');
    expect(git(into, 'status', '--porcelain')).toBe('');
    // Git itself knows their URLs without the file, too.
    await remote(into, 'submodule', 'update', '--init', '--', 'other/lib');
    expect(readFileSync(join(into, 'other/lib/lib.txt'), 'utf8')).toBe('pinned\n');
  });

  it('without .gitmodules are named', async () => {
    const shop = await withSubmodules(hosts.new, 'lib');
    shop.git('rm', '--quiet', '--cached', '.gitmodules');
    shop.git('commit', '--quiet', '--message=none');
    shop.git('push', '--quiet', 'origin', 'HEAD');
    const { exitCode, stderr } = await clone(shop);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('warning: 1 submodule without a URL: the commit has no .gitmodules');
  });
});

describe('a name of several refs', () => {
  it('is refused when these have different commits, whatever git would take: a tag is no reviewed branch', async () => {
    const shop = await hosts.new.repository(`names-${next()}`);
    const first = await shop.commit('First', { a: '1' });
    shop.git('push', '--quiet', 'origin', 'HEAD:refs/tags/v1', 'HEAD:refs/tags/same');
    const second = await shop.commit('Second', { a: '2' });
    shop.git('push', '--quiet', 'origin', 'HEAD:refs/heads/v1', `${first}:refs/heads/same`);
    // A tag with the full name of a branch as its own name.
    shop.git('push', '--quiet', 'origin', `${first}:refs/tags/refs/heads/v1`);
    const both = await clone(shop, '--revision=v1');
    expect(both.exitCode).toBe(6);
    expect(both.stderr).toContain('refs/tags/v1 and refs/heads/v1 have different commits');
    const [tag, branch, same] = [
      await clone(shop, '--revision=refs/tags/v1'),
      await clone(shop, '--revision=refs/heads/v1'),
      await clone(shop, '--revision=same'),
    ];
    const commits = [tag, branch, same].map(({ into }) => git(into, 'rev-parse', 'HEAD'));
    expect(commits).toEqual([first, second, first]);
  });
});

describe('files in Git LFS', () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';
  it.each<[string, Record<string, string>, string | undefined, ...string[]]>([
    ['at the top', { '.gitattributes': '*.bin filter=lfs\n', 'a.bin': pointer }, '1 file in Git LFS, such as a.bin'],
    [
      'below',
      {
        'a/b/.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
        'a/b/c.bin': pointer,
        'a/b/d.bin': pointer,
      },
      '2 files in Git LFS, such as a/b/c.bin',
    ],
    [
      'by a macro',
      { '.gitattributes': '[attr]big filter=lfs\n', 'a/.gitattributes': 'x big\n', 'a/x': pointer },
      '1 file in Git LFS, such as a/x',
    ],
    ['that no file is in', { '.gitattributes': '*.bin filter=lfs\n', 'a.txt': 'a' }, undefined],
    ['that are excepted', { '.gitattributes': '*.bin filter=lfs\na.bin -filter\n', 'a.bin': 'a' }, undefined],
    [
      'outside of a sparse checkout',
      { '.gitattributes': '*.bin filter=lfs\n', 'a.bin': pointer, 'b/b.txt': 'b' },
      undefined,
      '--sparse-checkout-directories=b',
    ],
    [
      'with attributes outside of a sparse checkout',
      { '.gitattributes': '*.bin filter=lfs\n', 'b/b.bin': pointer },
      '1 file in Git LFS, such as b/b.bin',
      '--sparse-checkout-directories=b',
    ],
  ])('are named when they are pointers: %s', async (_, files, warning, ...flags) => {
    const shop = await hosts.new.repository(`lfs-${next()}`);
    await shop.commit('First', files);
    const { into, exitCode, stderr } = await clone(shop, ...flags);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr.includes(warning ?? 'Git LFS')).toBe(warning !== undefined);
    // What git says about every file that is checked out.
    const checked = git(into, 'ls-files', '-t')
      .split('\n')
      .filter((line) => line.startsWith('H '))
      .map((line) => line.slice(2));
    const attributes = git(into, 'check-attr', 'filter', '--', ...checked);
    expect(attributes.includes('filter: lfs')).toBe(warning !== undefined);
  });

  it('are named in submodules', async () => {
    const lib = await hosts.new.repository(`lfs-${next()}`);
    const commit = await lib.commit('First', { 'x/.gitattributes': '*.bin filter=lfs\n', 'x/a.bin': pointer });
    const shop = await hosts.new.repository(`lfs-shop-${count}`);
    shop.git('update-index', '--add', '--cacheinfo', `160000,${commit},lib`);
    mkdirSync(join(shop.workingCopy, 'lib'));
    await writeFile(join(shop.workingCopy, '.gitmodules'), `[submodule "l"]\n\tpath = lib\n\turl = ${lib.url}\n`);
    shop.git('add', '.gitmodules');
    shop.git('commit', '--quiet', '--message=lib');
    shop.git('push', '--quiet', 'origin', 'HEAD');
    expect((await clone(shop)).stderr).toContain('1 file in Git LFS, such as x/a.bin');
  });
});

describe('a fresh clone', () => {
  it.each([
    ['*.txt text\n', 'a\r\nb\r\n', true],
    ['*.txt text eol=lf\n', 'a\r\nb\n', true],
    ['*.txt text=auto\n', 'a\r\n', false],
    ['*.txt -text\n', 'a\r\n', false],
    ['', 'a\r\n', false],
  ])(
    'with the attributes %j differs from its commit for a file %j: %s, and op says why',
    async (attributes, file, differs) => {
      const shop = await hosts.new.repository(`crlf-${next()}`);
      await shop.commit('First', { 'a b.txt': file });
      // Not with the file, whose line endings git would change.
      await writeFile(join(shop.workingCopy, '.gitattributes'), attributes);
      shop.git('add', '.gitattributes');
      shop.git('commit', '--quiet', '--message=Second');
      shop.git('push', '--quiet', 'origin', 'HEAD');
      const { into } = await clone(shop);
      // Git looks at files whose times differ from its index, as those of a volume that was copied.
      execFileSync('touch', ['-d', '2001-01-01', join(into, 'a b.txt')]);
      expect(git(into, 'status', '--porcelain') !== '').toBe(differs);
      const { context, printed } = testContext({ cwd: into, env: { PATH: process.env.PATH } });
      logSource(context, await readHead(context, into));
      expect(printed.join('\n').includes('a b.txt has CRLF in the commit')).toBe(differs);
    },
  );

  it.skipIf(process.geteuid?.() !== 0)(
    'at the root of a volume, which is root’s, can be built by the user of a pod',
    async () => {
      const shop = await hosts.new.repository(`volume-${next()}`);
      const commit = await shop.commit('First', { a: '1' });
      const { into } = await clone(shop, '--subdirectory=');
      const user = 65_532;
      const owned = (path: string) => {
        chownSync(path, user, user);
        for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' }))
          chownSync(join(path, name), user, user);
      };
      for (const name of readdirSync(into)) {
        if (name === '.git') owned(join(into, name));
        else chownSync(join(into, name), user, user);
      }
      const bundle = join(room, 'op.cjs');
      cpSync(op.file, bundle);
      const asUser = (...command: string[]) =>
        execFileSync('setpriv', [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', ...command], {
          cwd: into,
          env: { PATH: process.env.PATH, HOME: '/nonexistent', TMPDIR: '/tmp' },
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
      const head = () => asUser('node', bundle, 'head', `--result=CHAINS-GIT_COMMIT=/tmp/head-${process.pid}`);
      expect(() => asUser('git', 'status')).toThrow('dubious ownership');
      head();
      expect(readFileSync(`/tmp/head-${process.pid}`, 'utf8')).toBe(commit);
      // A repository that somebody else left there is not trusted.
      chownSync(join(into, '.git'), 1234, 1234);
      expect(head).toThrow('dubious ownership');
      await rm(`/tmp/head-${process.pid}`);
    },
  );
});
