import { expect, test } from 'vitest';
import { OpError } from '../../kit/errors/op-error.js';
import { largestBody, sizeOf } from '../../store/documents/body.js';
import type { Package, Plan, PlanItem, Release, Run, Written } from '../documents/shapes.js';
import type { RunWork } from '../next/snapshot.js';
import { endingFor, endRun, recordRun, startRun } from './changes.js';
import { checkPlan } from './room.js';

const written: Written = { by: 'ann', at: '2026-01-01T00:00:00.000Z', run: 'laptop' };
const name = 'h.io/o/r/-/app.release.ts';
const items = Array.from({ length: 9 }, (_, index) => `task/t${index}`);
const release = (plan: Partial<Plan> = {}): Release => ({
  ref: `${name}/@r1`,
  package: name,
  number: 1,
  commit: 'c'.repeat(40),
  plan: {
    name: 'app',
    environments: [],
    phases: [{ name: 'all', items: items.map((key) => ({ key, inputs: {}, gates: [] })) }],
    ...plan,
  },
  created: written,
  standing: 'open',
  runs: [],
  written,
});
const work = (item: string, more: Partial<RunWork> = {}): RunWork => ({
  do: 'run',
  package: name,
  release: 1,
  item,
  does: 'call',
  inputs: {},
  why: 'new',
  ...more,
});
const output = { text: 'x'.repeat(63_000) };
const started = (found: Release, item: string, more: Partial<RunWork> = {}) =>
  startRun(found, work(item, more), undefined, written);
const ran = (found: Release, item: string, more: Partial<RunWork> = {}) => {
  const { release: running, run } = started(found, item, more);
  return endRun(running, run, { status: 'complete', output }, written);
};
const lastOf = ({ runs }: Release, item: string): Run | undefined => runs.findLast((run) => run.item === item);
const thrownBy = (act: () => unknown): OpError => {
  try {
    act();
  } catch (error) {
    if (error instanceof OpError) return error;
  }
  throw new Error('no OpError');
};

test('earlier runs make room for newer ones, and each last and each complete run of a kind stays', () => {
  let found = release();
  for (let turn = 0; turn < 30; turn += 1) {
    found = ran(found, 'deploy/a', { does: 'up' });
    found = ran(found, 'deploy/a', { does: 'down' });
    found = ran(found, 'task/t0');
    expect(sizeOf(found)).toBeLessThanOrEqual(largestBody);
  }
  expect(found.runs.length).toBeGreaterThan(3);
  expect(new Set(found.runs.map(({ does }) => does))).toEqual(new Set(['up', 'down', 'call']));
  const { run } = started(found, 'task/t0');
  expect(run.number).toBe(31);
});

test('a run whose output does not fit has failed, and says why; the others keep theirs', () => {
  const all = items.reduce((found, item) => ran(found, item), release());
  expect(sizeOf(all)).toBeLessThanOrEqual(largestBody);
  expect(all.runs.filter(({ status }) => status === 'complete')).toHaveLength(7);
  expect(lastOf(all, 'task/t8')).toMatchObject({
    status: 'failed',
    error: `its output of 63017 bytes does not fit into ${name}/@r1 in the store: return references to large values (a digest, a URL)`,
  });
});

test('runs side by side can all record their end, however large it is', () => {
  const running = items.reduce((found, item) => started(found, item).release, release());
  const all = running.runs.reduce((found, run) => endRun(found, run, { status: 'complete', output }, written), running);
  expect(sizeOf(all)).toBeLessThanOrEqual(largestBody);
  expect(new Set(all.runs.map(({ status }) => status))).toEqual(new Set(['complete', 'failed']));
});

test('a run does not start when there is no room for its inputs', () => {
  const inputs = (bytes: number) => ({ text: { value: 'y'.repeat(bytes) } });
  const { release: one } = started(release(), 'task/t0', { inputs: inputs(300_000) });
  const error = thrownBy(() => started(one, 'task/t1', { inputs: inputs(250_000) }));
  expect(error.message).toBe('task/t1 cannot start');
  expect(error.why).toMatch(
    /r1 would have 55\d{4} bytes in the store, of at most 500000; the largest parts: inputs of task\/t0\/1 3000\d\d, inputs of task\/t1\/1 2500\d\d,/u,
  );
});

test('a plan that leaves no room for runs is refused with its largest parts', () => {
  const runs = {
    call: { kind: 'Task', name: 'big', digest: 'd', files: [], params: {}, workspaces: {} },
  } satisfies PlanItem['runs'];
  const phases = [
    { name: 'all', items: [{ key: 'task/a', inputs: { size: { value: 'z'.repeat(90_000) } }, gates: [], runs }] },
  ];
  const error = thrownBy(() => checkPlan(release({ phases, documents: { d: 'y'.repeat(300_000) } })));
  expect(error.message).toBe(`the plan of ${name} is too large for the store`);
  expect(error.why).toContain('the largest parts: YAML of Task big 300000, input size of task/a 90018');
  checkPlan(release({ phases, documents: { d: 'y'.repeat(100_000) } }));
});

test('a deployment whose output has no room in the package has failed, and can still be recorded', () => {
  let known: Package = { ref: name, newest: 1, open: [1], deployments: {}, tasks: {}, written };
  const statuses: string[] = [];
  for (let index = 0; index < 12; index += 1) {
    const run: Run = {
      item: `deploy/e${index}`,
      number: 1,
      does: 'up',
      status: 'running',
      environment: 'id',
      serial: 1,
      why: 'new',
      inputs: {},
      started: written,
    };
    const ending = endingFor(known, 1, run, { status: 'complete', output }, written);
    statuses.push(ending.status);
    known = recordRun(known, 1, { ...run, ...ending }, written);
  }
  expect(statuses).toEqual([...Array(7).fill('complete'), ...Array(5).fill('failed')]);
  expect(sizeOf(known)).toBeLessThanOrEqual(largestBody);
  expect(known.deployments.e11?.failed?.error).toContain(`does not fit into ${name} in the store`);
});
