import { chmod, mkdir, mkdtemp, readdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { below, openBelow } from './below.js';
import { hold, type Walk, walk } from './walk.js';

let room: string;
let top: string;
beforeEach(async () => {
  room = await mkdtemp(join(await realpath(tmpdir()), 'walk-test-'));
  top = join(room, 'top');
  await mkdir(join(top, 'a/b'), { recursive: true });
  await mkdir(join(room, 'outside'));
  await writeFile(join(top, 'file'), '');
  for (const [name, target] of [
    ['in', 'a/b'],
    ['up', 'a/../a'],
    ['absolute', join(top, 'a')],
    ['root', '/a'],
    ['out', '../outside'],
    ['circle', 'circle'],
  ] as const) {
    await symlink(target, join(top, name));
  }
});
afterEach(() => rm(room, { recursive: true }));

function goes(path: string, how: Walk): string {
  using held = hold(top);
  try {
    using found = walk(held, path, how);
    return found.names.join('/');
  } catch (error) {
    return String(error);
  }
}

test.each([
  ['a/b', 'a/b', 'a/b', 'a/b'],
  ['a/../a/./b/', 'a/b', 'a/b', 'Error: outside'],
  ['', '', '', ''],
  ['in', 'a/b', 'a/b', 'Error: link'],
  ['up/b', 'a/b', 'a/b', 'Error: link'],
  ['absolute/b', 'a/b', 'Error: missing', 'Error: link'],
  ['root/b', 'Error: outside', 'a/b', 'Error: link'],
  ['out', 'Error: outside', 'Error: missing', 'Error: link'],
  ['..', 'Error: outside', '', 'Error: outside'],
  ['circle', 'Error: circle', 'Error: circle', 'Error: link'],
  ['file/x', 'Error: no directory', 'Error: no directory', 'Error: no directory'],
  ['c', 'Error: missing', 'Error: missing', 'Error: missing'],
])('the way %s: with links that may leave to %s, that stay to %s, and with none to %s', (path, leave, stay, none) => {
  expect(goes(path, { links: 'leave' })).toBe(leave);
  expect(goes(path, { links: 'stay' })).toBe(stay);
  expect(goes(path, { links: 'none' })).toBe(none);
});

test('what is asked for is made, also where a link leads, and nothing outside', async () => {
  expect(goes('in/new/file', { links: 'stay', make: 'file' })).toBe('a/b/new/file');
  expect(goes('out/new', { links: 'stay', make: 'directory' })).toBe('outside/new');
  expect(goes('out/new', { links: 'leave', make: 'directory' })).toBe('Error: outside');
  expect((await readdir(top, { recursive: true })).toSorted()).toEqual(
    expect.arrayContaining(['a/b/new/file', 'outside/new']),
  );
  expect(await readdir(join(room, 'outside'))).toEqual([]);
});

test.runIf(process.platform === 'linux')('what is held stays the same, whatever gets its name', async () => {
  using held = hold(top);
  using found = walk(held, 'a', { links: 'none' });
  await rename(join(top, 'a'), join(top, 'moved'));
  await symlink('../outside', join(top, 'a'));
  walk(found, 'made', { links: 'none', make: 'directory' })[Symbol.dispose]();
  expect((await readdir(join(top, 'moved'))).toSorted()).toEqual(['b', 'made']);
  expect(await readdir(join(room, 'outside'))).toEqual([]);
});

test('a subPath is found through links inside of the volume, and is opened without any', async () => {
  expect(below(top, 'in', true)).toBe(join(top, 'a/b'));
  expect(below(top, 'new/../a', true)).toBe(join(top, 'a'));
  expect(() => below(top, 'out', true)).toThrow('the subPath out leads out of its volume');
  expect(() => below(top, 'a/../..', true)).toThrow('leads out of its volume');
  expect(() => below(top, 'none', false)).toThrow('the subPath none is not in its volume');
  expect(() => below(join(room, 'none'), 'a', false)).toThrow('the subPath a is not in its volume');
  openBelow(top, join(top, 'a/b'))[Symbol.dispose]();
  expect(() => openBelow(top, join(top, 'in'))).toThrow('the subPath in leads out of its volume');
  expect(() => openBelow(top, join(room, 'outside'))).toThrow('leads out of its volume');
});

test('a directory that nobody may list can be held', async () => {
  await chmod(join(top, 'a'), 0o311);
  expect(goes('a/b', { links: 'none' })).toBe('a/b');
});
