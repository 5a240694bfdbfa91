import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makePrivateDirectory, removeLeftBehind } from './private-directory.js';

test('if the temporary directory is missing, the error says which variable to set', async () => {
  await expect(makePrivateDirectory({ env: { TMPDIR: '/nowhere' } }, 'test')).rejects.toMatchObject({
    kind: 'input',
    message: 'cannot create a temporary directory in /nowhere',
    hint: expect.stringContaining('TMPDIR'),
  });
});

test('its path has no symbolic links, even if that of the temporary directory has', async () => {
  const apart = await realpath(await mkdtemp(join(tmpdir(), 'linked-')));
  await mkdir(join(apart, 'real'));
  await symlink('real', join(apart, 'link'));
  const { path, dispose } = await makePrivateDirectory({ env: { TMPDIR: join(apart, 'link') } }, 'test');
  expect(path).toMatch(join(apart, 'real/op-test-'));
  await dispose();
  await rm(apart, { recursive: true });
});

describe.runIf(existsSync('/proc/self/stat'))('what an op left behind that was killed', () => {
  /** Makes `victim` beside a directory of this process, in a new temporary directory; then another op starts, and tells what is left. */
  async function leftAfter(act: (parent: string, own: string) => Promise<unknown>): Promise<readonly string[]> {
    const parent = await realpath(await mkdtemp(join(tmpdir(), 'sweep-')));
    await using own = await makePrivateDirectory({ env: { TMPDIR: parent } }, 'test');
    await act(parent, basename(own.path));
    await removeLeftBehind(parent);
    const left = await readdir(parent);
    await rm(parent, { recursive: true });
    return left.filter((name) => name !== basename(own.path)).concat(left.includes(basename(own.path)) ? 'own' : []);
  }
  const dead = (own: string) => own.replace(/-\d+-(\d+-\w+)$/u, '-4194305-$1');
  const reused = (own: string) => own.replace(/-\d+-(\w+)$/u, '-1-$1');

  test.each([
    ['has ended', dead],
    ['has ended, and its PID is used again', reused],
  ])('is removed if its process %s', async (_, rename) => {
    const left = await leftAfter(async (parent, own) => {
      await mkdir(join(parent, rename(own), 'config'), { recursive: true, mode: 0o700 });
    });
    expect(left).toEqual(['own']);
  });

  test.each<[string, (parent: string, own: string) => Promise<unknown>]>([
    ['is a symbolic link', (parent, own) => symlink(parent, join(parent, dead(own)))],
    ['can be entered by others', (parent, own) => mkdir(join(parent, dead(own)), { mode: 0o755 })],
    [
      'is of another machine or PID namespace',
      (parent, own) => mkdir(join(parent, dead(own).replace(/[0-9a-f]{12}/u, '0'.repeat(12))), { mode: 0o700 }),
    ],
    ['has another name', (parent) => mkdir(join(parent, 'op-1-2-3'), { mode: 0o700 })],
  ])('stays if it %s', async (_, make) => {
    expect(await leftAfter(make)).toHaveLength(2);
  });

  test('is removed by the first private directory that the next op makes', async () => {
    const parent = await realpath(await mkdtemp(join(tmpdir(), 'sweep-')));
    const other = await makePrivateDirectory({ env: {} }, 'test');
    await mkdir(join(parent, dead(basename(other.path))), { mode: 0o700 });
    await using own = await makePrivateDirectory({ env: { TMPDIR: parent } }, 'test');
    expect(await readdir(parent)).toEqual([basename(own.path)]);
    await other.dispose();
    await rm(parent, { recursive: true });
  });
});
