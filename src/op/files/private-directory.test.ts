import { expect, test } from 'vitest';
import { makePrivateDirectory } from './private-directory.js';

test('where there is no temporary directory, the error says which variable to set', async () => {
  await expect(makePrivateDirectory({ env: { TMPDIR: '/nowhere' } }, 'test')).rejects.toMatchObject({
    kind: 'input',
    message: 'cannot make a temporary directory in /nowhere',
    todo: expect.stringContaining('TMPDIR'),
  });
});
