import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { providePrograms } from './programs.js';

test('PATH of a run has no directory that its steps write to: they could change what op starts', async () => {
  const room = await mkdtemp(join(await realpath(tmpdir()), 'programs-'));
  try {
    const [project, other] = [join(room, 'project'), join(room, 'other')];
    await mkdir(join(project, 'node_modules/.bin'), { recursive: true });
    await mkdir(join(other, 'bin'), { recursive: true });
    await symlink(join(project, 'node_modules'), join(other, 'linked'));
    const directories = [
      join(project, 'node_modules/.bin'),
      join(other, 'linked/.bin'),
      join(other, 'bin'),
      '/nowhere',
    ];
    const env = { PATH: directories.join(delimiter), HOME: join(room, 'home') };
    const pathWith = async (writable: readonly string[]) =>
      (await providePrograms({ env }, join(room, 'programs'), ['op'], writable)).split(delimiter);
    expect(await pathWith([])).toEqual(expect.arrayContaining(directories));
    const path = await pathWith([project]);
    expect(path).toEqual(expect.arrayContaining([join(room, 'programs'), join(other, 'bin'), '/nowhere']));
    expect(path.filter((one) => one.endsWith('.bin'))).toEqual([]);
  } finally {
    await rm(room, { recursive: true });
  }
});

test('what others may have written beside op does not come into a run, where it would be the files of this user', async () => {
  const room = await mkdtemp(join(await realpath(tmpdir()), 'programs-'));
  try {
    const op = join(room, 'op.cjs');
    const own = 'op-0123456789abcdef-11.3.compiled';
    await writeFile(op, '');
    await writeFile(join(room, own), 'of this user');
    await writeFile(join(room, 'op-1123456789abcdef-11.3.compiled'), 'of everybody');
    await chmod(join(room, 'op-1123456789abcdef-11.3.compiled'), 0o666);
    await symlink(join(room, own), join(room, 'op-2123456789abcdef-11.3.compiled'));
    const programs = join(room, 'programs');
    await providePrograms({ env: { HOME: room } }, programs, [process.execPath, op]);
    expect((await readdir(programs)).filter((name) => name.endsWith('.compiled'))).toEqual([own]);
    expect(await readFile(join(programs, own), 'utf8')).toBe('of this user');
  } finally {
    await rm(room, { recursive: true });
  }
});
