import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { lockRegistry } from './state-directory.js';

it('lets one op at a time work on a registry, and names the file to remove when one was killed', async () => {
  const home = await mkdtemp(join(tmpdir(), 'lock-'));
  const path = join(home, 'registry-5001/lock');
  const { context } = testContext();
  {
    await using _first = await lockRegistry(context, path);
    await expect(lockRegistry(context, path, 200)).rejects.toMatchObject({
      kind: 'deadline',
      message: 'another op is working on this registry',
      hint: expect.stringContaining(`rm ${path}`),
    });
    expect(existsSync(path)).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
  const { context: waiting, printed } = testContext();
  const first = await lockRegistry(context, path);
  const second = lockRegistry(waiting, path);
  await expect
    .poll(() => printed.join())
    .toContain(`waiting for another op that is working on this registry (${path})`);
  await first[Symbol.asyncDispose]();
  await (await second)[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});
