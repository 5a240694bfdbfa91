import { expect, test } from 'vitest';
import { oldRuns } from './prune.js';

const now = new Date('2026-11-27T12:00:00Z');
const run = (name: string, daysAgo: number, succeeded: boolean | null = true) => {
  const at = new Date(now.getTime() - daysAgo * 86_400_000);
  return { name, created: at, ended: succeeded === null ? undefined : { succeeded, reason: 'x', at } };
};
const runs = [run('d40', 40), run('d3', 3, false), run('d2', 2), run('d50-open', 50, null), run('d1', 1)];

test.each([
  [{ historyLimit: '2' }, ['d3', 'd40']],
  [{ historyDays: '30' }, ['d40']],
  [{ historyDays: '2' }, ['d3', 'd40']],
  [{ historyLimit: '1', historyDays: '30' }, ['d2', 'd3', 'd40']],
  [{ historyLimit: '9' }, []],
])('with %o, the ended runs beyond it are old, and never one that has not ended', (history, expected) => {
  expect(oldRuns(runs, { name: 's', ...history }, now).map(({ name }) => name)).toEqual(expected);
});
