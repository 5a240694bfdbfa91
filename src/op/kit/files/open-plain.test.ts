import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotPlain, openPlain } from './open-plain.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'open-plain-'));
  await mkdir(join(room, 'a/b'), { recursive: true });
  await writeFile(join(room, 'a/b/file'), 'content');
  await symlink(join(room, 'a/b/file'), join(room, 'a/link'));
  await symlink(join(room, 'a'), join(room, 'folder-link'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

describe('a file of a directory of somebody else', () => {
  it('is opened where it is', async () => {
    await using handle = await openPlain(room, ['a', 'b', 'file']);
    expect(await handle.readFile('utf8')).toBe('content');
  });

  it.each<readonly [name: string, names: readonly string[]]>([
    ['a link', ['a', 'link']],
    ['in a folder that is a link', ['folder-link', 'b', 'file']],
    ['a folder', ['a', 'b']],
    ['in a file', ['a', 'b', 'file', 'x']],
  ])('is refused when it is %s', async (_, names) => {
    await expect(openPlain(room, names)).rejects.toThrow(NotPlain);
  });

  it('is refused when it is a device', async () => {
    await expect(openPlain('/dev', ['null'])).rejects.toThrow('it is not a regular file');
  });

  it('is missing when it is missing', async () => {
    await expect(openPlain(room, ['a', 'x'])).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
