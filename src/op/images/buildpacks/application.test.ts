import { execFileSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { copyApplication } from './application.js';
import { noDescriptor, type ProjectDescriptor } from './specification/project-descriptor.js';

describe('a copy of an application', () => {
  let directory: string;
  let from: string;
  let to: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'application-'));
    [from, to] = [join(directory, 'from'), join(directory, 'to')];
    await mkdir(from);
    await mkdir(to);
  });
  afterEach(() => rm(directory, { recursive: true }));

  const write = async (...paths: readonly string[]) => {
    for (const path of paths) {
      await mkdir(join(from, dirname(path)), { recursive: true });
      await writeFile(join(from, path), path);
    }
  };
  const copied = async (descriptor: Partial<ProjectDescriptor> = {}) => {
    const { context, printed } = testContext();
    const application = {
      directory: from,
      descriptor: { ...noDescriptor, ...descriptor },
      descriptorFile: undefined,
      descriptorDirectory: from,
    };
    await copyApplication(context, application, to);
    const paths = execFileSync('find', [to, '-mindepth', '1', '-printf', '%P\n']).toString();
    return { paths: paths.split('\n').filter(Boolean).sort(), printed };
  };

  it('leaves out what project.toml excludes, in the syntax of .gitignore', async () => {
    await write('a.md', 'docs/b.md', 'docs/keep.md', 'src/test/c', 'src/d', 'test/e', 'README.MD');
    const exclude = ['*.md', '!keep.md', '/test/'];
    expect((await copied({ exclude })).paths).toEqual([
      'README.MD',
      'docs',
      'docs/keep.md',
      'src',
      'src/d',
      'src/test',
      'src/test/c',
    ]);
  });

  it('has only what project.toml includes, with the parent directories', async () => {
    await write('a.js', 'lib/b.js', 'lib/c.md', 'public/x/y.png', 'other/z');
    expect((await copied({ include: ['*.js', 'public/'] })).paths).toEqual([
      'a.js',
      'lib',
      'lib/b.js',
      'public',
      'public/x',
      'public/x/y.png',
    ]);
  });

  it('keeps symbolic links, wherever they point, and does not read their targets', async () => {
    await write('a');
    await symlink('a', join(from, 'to-a'));
    await symlink('/etc', join(from, 'to-etc'));
    await symlink('nowhere', join(from, 'to-nothing'));
    expect((await copied()).paths).toEqual(['a', 'to-a', 'to-etc', 'to-nothing']);
    expect(await readlink(join(to, 'to-etc'))).toBe('/etc');
    expect((await lstat(join(to, 'to-a'))).isSymbolicLink()).toBe(true);
  });

  it('keeps times, and whether a file is executable', async () => {
    await write('a', 'run');
    execFileSync('chmod', ['0600', join(from, 'a')]);
    execFileSync('chmod', ['0770', join(from, 'run')]);
    await utimes(join(from, 'a'), new Date('2001-02-03'), new Date('2001-02-03'));
    await copied();
    const [a, run] = [await stat(join(to, 'a')), await stat(join(to, 'run'))];
    expect([a.mode & 0o7777, run.mode & 0o7777]).toEqual([0o644, 0o755]);
    expect(a.mtime).toEqual(new Date('2001-02-03'));
  });

  it('has empty directories, and warns about skipped pipes', async () => {
    await mkdir(join(from, 'empty'));
    execFileSync('mkfifo', [join(from, 'pipe')]);
    expect(await copied()).toEqual({ paths: ['empty'], printed: [expect.stringContaining('pipes or devices: pipe')] });
  });

  it('has the .git directory, as with pack, with a warning, unless it is excluded', async () => {
    await write('.git/config', 'a');
    expect(await copied()).toEqual({
      paths: ['.git', '.git/config', 'a'],
      printed: [expect.stringContaining('.git goes into the image')],
    });
    await rm(to, { recursive: true });
    await mkdir(to);
    expect(await copied({ exclude: ['.git'] })).toEqual({ paths: ['a'], printed: [] });
  });
});
