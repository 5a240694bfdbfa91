import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ReleaseSandbox, releaseSandbox } from '../../test/op/releases/sandbox.js';

let box: ReleaseSandbox;
let version: string;
beforeAll(async () => {
  box = await releaseSandbox(import.meta.dirname);
  version = (await box.commit()).slice(0, 7);
}, 120_000);
afterAll(() => box.dispose());

const page = (environment: string) => box.read(`sites/${environment}.html`);

test('the example goes to staging, waits, goes to production when it may, and away with its environment', async () => {
  await box.must('release', 'new', 'environments.release.ts');
  const first = await box.must('release', 'new', 'shop.release.ts');
  expect(first).toMatch(/@r1\/deploy\/production +waits for the time to pass until/u);
  expect(await page('staging')).toBe(`<p>Hello from ${version}</p>\n`);

  await box.must('approve', 'shop.release.ts/@r1/deploy/production', '--bypass=soak', '--reason=hotfix');
  await box.must('work', 'any');
  expect(await page('production')).toBe(`<p>Hello from ${version}</p>\n`);
  expect(await box.must('state', 'get', 'shop.release.ts/@/deploy/production#output/file')).toBe(
    'sites/production.html',
  );
  expect(await box.must('status')).toMatch(/shop\/-\/shop\.release\.ts +r1, .* ann +r1, .* ann/u);

  await box.must('state', 'set', '@/custom/greeting', '"Hi"');
  await box.must('work', 'any');
  expect(await page('staging')).toBe(`<p>Hi from ${version}</p>\n`);

  await box.must('environment', 'remove', 'staging');
  await box.must('work', 'any');
  expect(existsSync(join(box.directory, 'sites/staging.html'))).toBe(false);
  expect(existsSync(join(box.directory, 'sites/production.html'))).toBe(true);
}, 280_000);
