import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatedItem, gatedShop } from '../../../../test/op/releases/gated-shop.js';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';

let box: ReleaseSandbox;
beforeAll(async () => {
  box = await releaseSandbox();
  await box.write(gatedShop);
  await box.commit();
  await box.must('release', 'new', 'environments.release.mjs');
  await box.must('release', 'new', 'shop.release.mjs');
}, 120_000);
afterAll(() => box?.dispose());

test('the status is a file that needs nothing else, with the command that goes on', async () => {
  const { exitCode, stderr } = await box.op('state', 'view', '--output=status.html', `--store=directory:${box.store}`);
  expect(exitCode, stderr).toBe(0);
  const page = await readFile(join(box.directory, 'status.html'), 'utf8');
  expect(page).toContain(`<code class="command">op approve ${gatedItem} --store=directory:${box.store}</code>`);
  expect(page).toContain('<b>task/build</b> <span class="tone">complete</span>');
  expect(page).not.toContain('s3cret');
});

test('the status is a page, as it is at each look, until op is stopped', async () => {
  const env = { PATH: process.env.PATH, HOME: box.home, OP_STORE: `directory:${box.store}`, USER: 'ann' };
  const file = join(box.home, 'op.cjs');
  const child = execa('node', [file, 'state', 'view'], { cwd: box.directory, env, extendEnv: false, reject: false });
  const [line] = await once(child.stdout, 'data');
  const url = String(line).trim();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/u);
  const look = async () => (await fetch(url)).text();
  expect(await look()).toContain(`>op approve ${gatedItem}<`);
  await box.must('approve', gatedItem);
  expect(await look()).toContain('>op work any<');
  child.kill('SIGINT');
  expect(await child).toMatchObject({ exitCode: 130 });
});

test('it listens on loopback only', async () => {
  expect(await box.op('state', 'view', '--listen=0.0.0.0:8080')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('is not an address of loopback'),
  });
});
