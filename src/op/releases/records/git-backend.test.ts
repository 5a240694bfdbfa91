import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatedItem, gatedShop } from '../../../../test/op/releases/gated-shop.js';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';
import { startGitRoom } from '../../../../test/op/store/git-room.js';

let box: ReleaseSandbox;
let git: Awaited<ReturnType<typeof startGitRoom>>;
beforeAll(async () => {
  [box, git] = await Promise.all([releaseSandbox(), startGitRoom()]);
  await box.write(gatedShop);
  await box.commit();
}, 120_000);
afterAll(async () => {
  await git?.stop();
  await box?.dispose();
});

test('state and intent are in branches of two repositories: of two workers one runs an item, and no secret is in any commit', async () => {
  const state = await git.repository('state.git');
  const intent = await git.repository('intent.git');
  const flags = [`--store=git:${state.url}#store`, `--intent-store=git:${intent.url}#wanted`];
  const must = (...args: readonly string[]) => box.must(...args, ...flags);
  await must('release', 'new', 'environments.release.mjs');
  expect(await must('release', 'new', 'shop.release.mjs')).toContain(`op approve ${gatedItem}`);
  await must('approve', gatedItem, '--reason=looks good');
  await Promise.all([must('work', 'any'), must('work', 'any')]);
  expect(await readFile(join(box.home, 'log'), 'utf8')).toBe('up dev shop:r1\n');
  const shown = JSON.parse(await must('status', '--output=json'));
  expect(shown).toMatchObject({ deployments: [{ environment: 'dev', release: 'r1' }], waiting: [] });

  const files = (of: typeof state, branch: string) => of.show('ls-tree', '-r', '--name-only', branch).split('\n');
  expect(files(state, 'store').filter((file) => file.includes('/intent/'))).toEqual([]);
  expect(files(intent, 'wanted').filter((file) => !file.includes('releases/intent/'))).toEqual([]);
  expect(`${state.show('log', '--patch', '--all')}${intent.show('log', '--patch', '--all')}`).not.toContain('s3cret');
}, 280_000);
