import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePrivateDirectory } from './private-directory.js';

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
