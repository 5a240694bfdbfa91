import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeDirectory } from './make-directory.js';

let room: string;

beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'make-directory-'));
});
afterEach(() => rm(room, { recursive: true, force: true }));

it('makes a directory with those above it, and says which is the first that is new', async () => {
  expect(await makeDirectory(join(room, 'a/b/c'))).toBe(join(room, 'a'));
  expect((await stat(join(room, 'a/b/c'))).isDirectory()).toBe(true);
  expect(await makeDirectory(join(room, 'a/b/c'))).toBeUndefined();
  expect(await makeDirectory(join(room, 'a/b/d'))).toBe(join(room, 'a/b/d'));
});

it('fails at once where no directory can be made', async () => {
  await writeFile(join(room, 'file'), '');
  await expect(makeDirectory(join(room, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeDirectory(join(room, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  if (process.platform === 'linux') {
    await expect(makeDirectory('/proc/x')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(makeDirectory('/proc/x/y/z')).rejects.toMatchObject({ code: 'ENOENT' });
  }
});

it('many may make directories below one that is new, each a moment after the other', async () => {
  for (let round = 0; round < 50; round += 1) {
    const made: Promise<string | undefined>[] = [];
    for (let index = 0; index < 16; index += 1) {
      made.push(makeDirectory(join(room, `round-${round}`, 'a', `${index}`)));
      await pause();
    }
    expect(await Promise.all(made)).toHaveLength(16);
  }
});
