import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTool } from '../../../../../test/tools.js';
import { builderArguments, mountPoints } from './bwrap.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'bwrap-'));
});
afterAll(() => rm(room, { recursive: true }));

test('a buildpack cannot change settings of the kernel, also when root runs op', async () => {
  const root = join(room, 'root');
  for (const path of [...mountPoints.directories, '/bin']) await mkdir(join(root, path), { recursive: true });
  for (const path of mountPoints.files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
  await copyFile(findTool('busybox', process.env.PATH ?? '') ?? '', join(root, 'bin/busybox'));
  const directories = { app: '', layers: '', exchange: '', home: '', temporary: '', private: '' };
  for (const name of ['app', 'layers', 'exchange', 'home', 'temporary', 'private'] as const) {
    directories[name] = join(room, name);
    await mkdir(directories[name]);
  }
  const program = ['/bin/busybox', 'grep', ' /proc/sys ', '/proc/self/mountinfo'];
  const found = execFileSync('bwrap', [...builderArguments(root, directories, {}), ...program], { encoding: 'utf8' });
  expect(found).toMatch(/ \/proc\/sys ro,/u);
});
