import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';

/** Four calls side by side, and one after them; each writes a line when it starts and when it ends. */
const slow = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { release } from 'octopipeline/release';

const note = (text: string) => appendFileSync('log', text + '\\n');
export default release('slow', ({ phase, call }) => {
  phase('first', ['a', 'b', 'c', 'd'].map((name) => call(name, { run: async () => {
    note('start ' + name);
    if (name === 'd') while (!existsSync('go')) await pause(50);
    note('end ' + name);
    return { name };
  } })));
  phase('last', [call('e', { run: () => note('end e') })]);
});
`;

let box: ReleaseSandbox;
beforeAll(async () => {
  box = await releaseSandbox();
  await box.write({ 'slow.release.ts': slow, '.gitignore': 'node_modules/\nlog\ngo\n' });
  await box.commit();
}, 120_000);
afterAll(() => box.dispose());

const lines = async () => (await box.read('log').catch(() => '')).split('\n').filter((line) => line !== '');
const endsOf = async () => (await lines()).filter((line) => line.startsWith('end')).toSorted();

async function until(line: string): Promise<void> {
  while (!(await lines()).includes(line)) await pause(50);
}

test('what was killed with SIGKILL is finished by the next command, and nothing runs twice that had recorded its end', async () => {
  const kill = box.start('release', 'new', 'slow.release.ts');
  for (const name of ['a', 'b', 'c']) await until(`end ${name}`);
  await until('start d');
  // Until the ends of the others are in the store.
  for (;;) {
    const shown = await box.op('release', 'show', 'slow.release.ts', '--output=json');
    const { runs } = JSON.parse(shown.stdout);
    if (runs.filter(({ status }: { status: string }) => status === 'complete').length === 3) break;
  }
  await kill();
  await box.write({ go: '' });
  const worked = await box.op('work', 'continue');
  expect(worked).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('/task/d: done') });
  expect(await endsOf()).toEqual(['end a', 'end b', 'end c', 'end d', 'end e']);
  expect((await lines()).filter((line) => line === 'start d')).toHaveLength(2);
  const { runs, standing } = JSON.parse(await box.must('release', 'show', 'slow.release.ts', '--output=json'));
  expect(standing).toBe('complete');
  const ofD = runs.filter(({ item }: { item: string }) => item === 'task/d');
  expect(ofD.map(({ status }: { status: string }) => status)).toEqual(['lost', 'complete']);
}, 280_000);

test('of two workers at the same time, each item is run by one', async () => {
  await box.write({ log: '', again: '' });
  await box.commit();
  const both = await Promise.all([
    box.op('release', 'new', 'slow.release.ts'),
    until('start a').then(() => box.op('work', 'continue')),
  ]);
  await box.must('work', 'continue');
  expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(await endsOf()).toEqual(['end a', 'end b', 'end c', 'end d', 'end e']);
}, 280_000);
