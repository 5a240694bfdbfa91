import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pathInImage } from './image-path.js';

let root: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'image-')));
  await mkdir(join(root, 'cnb/real'), { recursive: true });
  await writeFile(join(root, 'cnb/real/order.toml'), '');
  const links = {
    'cnb/absolute': '/etc/passwd',
    'cnb/above': '../../../../../../../../etc/passwd',
    'cnb/inside': '/cnb/real',
    'cnb/relative': './real/../real/order.toml',
    'cnb/self': 'self',
    etc: '/',
  };
  for (const [path, target] of Object.entries(links)) await symlink(target, join(root, path));
});
afterAll(() => rm(root, { recursive: true }));

it.each([
  ['cnb/real/order.toml', 'cnb/real/order.toml'],
  ['/cnb/inside/order.toml', 'cnb/real/order.toml'],
  ['cnb/relative', 'cnb/real/order.toml'],
  ['cnb/absolute', 'passwd'],
  ['cnb/above', 'passwd'],
  ['../../etc/hostname', 'hostname'],
  ['etc/etc/etc/cnb', 'cnb'],
  ['none/at/all', 'none/at/all'],
  ['/', ''],
])('%s of an image is at %s of its root', async (path, expected) => {
  expect(await pathInImage(root, path)).toBe(join(root, expected));
});

it('links that form a circle lead nowhere', async () => {
  expect(await pathInImage(root, 'cnb/self')).toBeUndefined();
});
