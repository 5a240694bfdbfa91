import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatedItem, gatedShop } from '../../../../test/op/releases/gated-shop.js';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';

/** What a branch may have at its top: a program that runs when op reads it. */
const hostile = `
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

appendFileSync(join(process.env.HOME, 'ran'), process.argv.slice(2).join(' ') + '\\n');
export default { octopipeline: 'repository' };
`;

let box: ReleaseSandbox;
let stores: readonly string[];
const hasRun = () =>
  stat(join(box.home, 'ran')).then(
    () => true,
    () => false,
  );

beforeAll(async () => {
  box = await releaseSandbox();
  stores = [`--store=directory:${box.store}`, `--intent-store=directory:${box.store}-intent`];
  await box.write(gatedShop);
  await box.commit();
  await box.must('environment', 'add', 'dev', ...stores);
  await box.must('release', 'new', 'shop.release.mjs', ...stores);
  await box.write({ 'octopipeline.repo.mjs': hostile });
}, 120_000);
afterAll(() => box.dispose());

test('who looks and decides, with both stores and whole references, runs no code of the work tree', async () => {
  const of = gatedItem.replace(/\/deploy.*/u, '');
  for (const args of [
    ['status'],
    ['environment', 'list'],
    ['environment', 'hold', 'dev', '--reason=freeze'],
    ['environment', 'unhold', 'dev'],
    ['state', 'match', '**'],
    ['state', 'set', '@/custom/size', '2'],
    ['release', 'list'],
    ['release', 'show', of],
    ['reject', gatedItem],
    ['approve', gatedItem],
    ['release', 'bad', of],
  ]) {
    await box.must(...args, ...stores);
    expect([args, await hasRun()]).toEqual([args, false]);
  }
}, 120_000);

test.each([
  ['a file', () => ['release', 'list', 'shop.release.mjs', ...stores]],
  ['no store for intent', () => ['status']],
])(
  'with %s, the work tree says what is meant',
  async (_, args) => {
    await rm(join(box.home, 'ran'), { force: true });
    await box.must(...args());
    expect(await hasRun()).toBe(true);
  },
  60_000,
);
