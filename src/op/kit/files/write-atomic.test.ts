import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePrivateDirectory } from './private-directory.js';
import { writeAtomic } from './write-atomic.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'files-test-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

test('a file is replaced as a whole, with its mode, and no other file is left', async () => {
  const directory = join(room, 'a');
  const path = join(directory, 'file');
  await writeAtomic(path, 'old');
  await writeAtomic(path, 'new', 0o600);
  expect(await readFile(path, 'utf8')).toBe('new');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(['file']);
});

test('a reader never sees half a file', async () => {
  const path = join(room, 'contested');
  const texts = ['a'.repeat(300_000), 'b'.repeat(300_000)];
  await writeAtomic(path, texts[0] ?? '');
  let writing = true;
  const writes = (async () => {
    for (let count = 0; count < 40; count++) await writeAtomic(path, texts[count % 2] ?? '');
    writing = false;
  })();
  while (writing) expect(texts).toContain(await readFile(path, 'utf8'));
  await writes;
});

test('two concurrent writes in one process both succeed', async () => {
  const path = join(room, 'twice');
  await Promise.all(['one', 'two', 'three'].map((text) => writeAtomic(path, text)));
  expect(['one', 'two', 'three']).toContain(await readFile(path, 'utf8'));
});

test('when writing fails, only the old file is there', async () => {
  const directory = join(room, 'b');
  await mkdir(join(directory, 'taken'), { recursive: true });
  await writeFile(join(directory, 'taken', 'x'), '');
  await expect(writeAtomic(join(directory, 'taken'), 'text')).rejects.toThrow();
  expect(await readdir(directory)).toEqual(['taken']);
});

test('only this user can enter a private directory, and it is removed', async () => {
  const { path, dispose } = await makePrivateDirectory({ env: { TMPDIR: room } }, 'test');
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect(path.startsWith(`${room}/op-test-`)).toBe(true);
  await writeFile(join(path, 'x'), '');
  await dispose();
  await dispose();
  expect(await readdir(room)).not.toContain('op-test-');
});
