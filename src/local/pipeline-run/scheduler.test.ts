import { describe, expect, test } from 'vitest';
import type { WirePipelineTask } from '../../tekton/wire/pipeline.js';
import { createScheduler, type Effects } from './scheduler.js';
import type { TaskState } from './task-state.js';

interface Shape {
  readonly needs?: (index: number, count: number) => readonly number[];
  readonly final?: boolean;
}

const shapes: Readonly<Record<string, Shape>> = {
  'a chain': { needs: (index) => (index === 0 ? [] : [index - 1]) },
  'tasks side by side': {},
  'tasks that all wait for the first': { needs: (index) => (index === 0 ? [] : [0]) },
  'a task that waits for all others': {
    needs: (index, count) => (index === count - 1 ? Array.from({ length: index }, (_, other) => other) : []),
  },
  'finally tasks': { final: true },
};

/** Runs tasks that end at once. @returns how it ended, and how often the scheduler has looked at a task */
async function looks(count: number, { needs = () => [], final = false }: Shape, fails = -1) {
  let looked = 0;
  const watched = (state: TaskState) =>
    new Proxy(state, {
      get: (...one) => {
        looked++;
        return Reflect.get(...one);
      },
    });
  const states = Array.from({ length: count }, (_, index) => {
    const name = `t${index}`;
    const spec = { steps: [{ name: 's', image: 'i', command: ['true'] }] };
    const task: WirePipelineTask = { name, taskSpec: spec };
    const others = needs(index, count).map((other) => `t${other}`);
    const known = { taskName: '', actions: {}, runs: [], filled: false };
    return watched({ ...known, name, final: final && index > 0, needs: others, task, spec });
  });
  const effects: Effects = {
    start: ({ name }, _, ended) => {
      const object = (status: 'True' | 'False' | 'Unknown') => ({
        apiVersion: 'tekton.dev/v1' as const,
        kind: 'TaskRun' as const,
        metadata: { name, namespace: '', uid: '', creationTimestamp: '', labels: {} },
        spec: { timeout: '1h' },
        status: {
          conditions: [{ type: 'Succeeded', status, reason: '', message: '', lastTransitionTime: '' }] as const,
        },
      });
      const run = { object: object('Unknown'), stop: new AbortController() };
      queueMicrotask(() => {
        run.object = object(name === `t${fails}` ? 'False' : 'True');
        ended();
      });
      return [run];
    },
    changed: () => undefined,
    later: () => undefined,
  };
  const { outcome } = await createScheduler(
    { kind: 'PipelineRun', name: 'run', namespace: 'default', timeouts: { pipeline: 0 } },
    states,
    effects,
  ).run();
  return { looked, message: outcome.message };
}

describe('the work for a task is the same in a long Pipeline as in a short one', () => {
  test.each(Object.entries(shapes))('%s', async (_, shape) => {
    const [short, long] = [await looks(50, shape), await looks(400, shape)];
    expect(short.message).toBe('Tasks Completed: 50 (Failed: 0, Cancelled 0), Skipped: 0');
    expect(long.looked).toBeLessThan(8.2 * short.looked);
  });

  test('when one fails while many work', async () => {
    const [short, long] = [await looks(50, {}, 7), await looks(400, {}, 7)];
    expect(short.message).toBe('Tasks Completed: 50 (Failed: 1, Cancelled 0), Skipped: 0');
    expect(long.looked).toBeLessThan(8.2 * short.looked);
  });
});
