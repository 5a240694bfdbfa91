import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';
import { testContext } from '../../../../test/op/test-context.js';
import { openDirectoryStore } from '../../store/directory/directory.js';
import type { Release } from '../documents/shapes.js';
import { type Records, recordsIn } from '../records/records.js';

/** How often op is killed: a few times here, and as often as you like with OP_KILLS. */
const kills = Number(process.env.OP_KILLS ?? 4);

/** Two calls side by side, one that needs both, and three environments in two phases; each function says when it starts and ends. */
const shop = `
import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { release } from 'octopipeline/release';

const work = async (item: string, of: string) => {
  appendFileSync('log', 'start ' + of + ' ' + item + '\\n');
  await pause(100);
  appendFileSync('log', 'end ' + of + ' ' + item + '\\n');
};
export default release('shop', ({ environments, phase, call, deploy }) => {
  const [left, right] = ['left', 'right'].map((name) => call(name, {
    run: async ({ release }) => (await work('task/' + name, release.name), { name: release.name }),
  }));
  const whole = call('whole', {
    inputs: { left: left.output.name, right: right.output.name },
    run: async ({ release, inputs }) => (await work('task/whole', release.name), { image: inputs.left + inputs.right }),
  });
  phase('parts', [left, right]);
  phase('whole', [whole]);
  for (const type of ['first', 'last']) phase(type, environments().where({ type }).map((environment) =>
    deploy(environment, {
      inputs: { image: whole.output.image },
      up: async ({ release, inputs }) => {
        await work('deploy/' + environment.name, release.name);
        writeFileSync('site-' + environment.name, inputs.image);
      },
      down: () => {},
    }),
  ));
});
`;
const environments = `
import { release } from 'octopipeline/release';
export default release('environments', ({ registerEnvironment }) => {
  registerEnvironment('a', { type: 'first' });
  registerEnvironment('b', { type: 'first' });
  registerEnvironment('c', { type: 'last' });
});
`;
const name = 'git.example.com/acme/shop/-/shop.release.ts';
const places = ['a', 'b', 'c'];

let box: ReleaseSandbox;
let records: Records;
beforeAll(async () => {
  box = await releaseSandbox();
  await box.write({
    'shop.release.ts': shop,
    'environments.release.ts': environments,
    '.gitignore': 'node_modules/\nlog\nsite-*\n',
  });
  await box.commit();
  await box.must('release', 'new', 'environments.release.ts');
  const store = await openDirectoryStore(testContext().context, box.store);
  records = recordsIn(
    { state: store, intent: store },
    () => new Date(),
    () => ({ by: 'test', at: '', run: 'test' }),
  );
}, 120_000);
afterAll(() => box.dispose());

const lines = async () => (await box.read('log').catch(() => '')).split('\n').filter((line) => line !== '');
/** How often each item of each release has started. */
async function starts(): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const line of await lines()) {
    if (line.startsWith('start ')) counts.set(line.slice(6), (counts.get(line.slice(6)) ?? 0) + 1);
  }
  return counts;
}
/** Until a line is written, but not longer than this. */
async function nextStart(milliseconds: number): Promise<void> {
  const before = (await lines()).length;
  for (const end = Date.now() + milliseconds; Date.now() < end && (await lines()).length === before; ) await pause(5);
}
const completeIn = (releases: readonly Release[]) =>
  releases.flatMap(({ number, runs }) =>
    runs.filter(({ status }) => status === 'complete').map(({ item }) => `r${number} ${item}`),
  );

test(`killed ${kills} times at any moment, op finishes all, and nothing runs twice that had recorded its end`, async () => {
  const began = Date.now();
  await box.must('release', 'new', 'shop.release.ts');
  const whole = Date.now() - began;
  /** How often what had recorded its end had started by then. */
  const recorded = new Map<string, number>();
  const moments: number[] = [];
  while (moments.length < kills) {
    const open = (await records.snapshot()).packages.get(name)?.document.open ?? [];
    // Now and then a newer one comes before the older one has ended.
    const makesOne = open.length === 0 || (open.length === 1 && moments.length % 7 === 0);
    const kill = makesOne ? box.start('release', 'new', 'shop.release.ts', '--force') : box.start('work', 'any');
    // Every other one at any moment after it has started an item, which is where it matters most; the first of these at once.
    const moment = moments.length === 1 ? 0 : Math.round(Math.random() * (moments.length % 2 === 0 ? whole : 150));
    if (moments.length % 2 === 1) await nextStart(10 * whole);
    await pause(moment);
    if (await kill()) moments.push(moment);
    const counts = await starts();
    for (const done of completeIn(await records.releases(name))) {
      expect(counts.get(done), `starts of ${done}; killed after ${moments} ms`).toBe(
        recorded.get(done) ?? counts.get(done),
      );
      recorded.set(done, counts.get(done) ?? 0);
    }
  }
  await box.must('work', 'any');
  const counts = await starts();
  for (const [done, count] of recorded) expect(counts.get(done), `starts of ${done}`).toBe(count);

  const releases = await records.releases(name);
  expect(releases.flatMap(({ runs }) => runs).some(({ status }) => status === 'lost')).toBe(true);
  const newest = releases.at(-1);
  expect(newest?.standing).toBe('complete');
  expect(releases.filter(({ standing }) => standing !== 'complete' && standing !== 'superseded')).toEqual([]);
  expect(
    releases.flatMap(({ runs }) => runs.filter(({ status }) => status === 'running' || status === 'failed')),
  ).toEqual([]);
  const view = (await records.snapshot()).packages.get(name);
  for (const place of places) {
    expect(view?.document.deployments[place]?.current?.release).toBe(newest?.number);
    expect(view?.intent.deployments[place]?.release).toBe(newest?.number);
    expect(await box.read(`site-${place}`)).toBe(`r${newest?.number}r${newest?.number}`);
  }
  expect(view?.document.open).toEqual([]);
  expect(JSON.parse(await box.must('work', 'any', '--dry-run'))).toEqual([]);
  await expectOrder();
}, 600_000);

/** Nothing starts before all of the phase before it has ended. */
async function expectOrder(): Promise<void> {
  const phases = [['task/left', 'task/right'], ['task/whole'], ['deploy/a', 'deploy/b'], ['deploy/c']];
  const ended = new Set<string>();
  for (const line of await lines()) {
    const [word, release, item = ''] = line.split(' ');
    if (word === 'end') ended.add(`${release} ${item}`);
    const before = phases[phases.findIndex((phase) => phase.includes(item)) - 1] ?? [];
    const missing = before.filter((one) => word === 'start' && !ended.has(`${release} ${one}`));
    expect([line, missing]).toEqual([line, []]);
  }
}
