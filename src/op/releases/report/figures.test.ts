import { expect, test } from 'vitest';
import type { Release, Run } from '../documents/shapes.js';
import { figuresOf } from './figures.js';

const at = (hour: number) => new Date(Date.UTC(2026, 10, 20, hour)).toISOString();
const written = (hour: number) => ({ by: 'ann', at: at(hour), run: 'x' });
const up = (environment: string, ended: number, status: Run['status'] = 'complete', number = 1): Run => ({
  item: `deploy/${environment}`,
  number,
  does: 'up',
  status,
  why: 'release',
  inputs: {},
  started: written(ended),
  ended: at(ended),
});
const release = (number: number, created: number, ...runs: Run[]): Release => ({
  ref: `p/@r${number}`,
  package: 'p',
  number,
  commit: 'c',
  plan: { name: 'p', environments: [], phases: [] },
  created: written(created),
  standing: 'complete',
  runs,
  written: written(created),
});
const hour = 3_600_000;
const look = (releases: readonly Release[], bad: readonly number[] = []) =>
  figuresOf(releases, {
    since: new Date(at(0)),
    now: new Date(at(96)),
    isBad: ({ number }) => bad.includes(number),
  });

test('lead time, frequency, failures and the time to restore, for each environment', () => {
  const releases = [
    release(1, 1, up('dev', 2), up('prod', 5)),
    release(2, 10, up('dev', 11), up('prod', 12, 'failed')),
    release(3, 14, up('dev', 15), up('prod', 20), up('prod', 30, 'complete', 2)),
  ];
  expect(look(releases)).toEqual([
    { environment: 'dev', deployments: 3, perDay: 0.75, leadTime: hour, failureRate: 0, timeToRestore: undefined },
    {
      environment: 'prod',
      deployments: 2,
      perDay: 0.5,
      leadTime: 5 * hour,
      failureRate: 1 / 3,
      timeToRestore: 8 * hour,
    },
  ]);
});

test('a release that was called bad is a failure, until another one is there', () => {
  const releases = [release(1, 1, up('prod', 2), up('prod', 9, 'complete', 2)), release(2, 5, up('prod', 6))];
  expect(look(releases, [2])).toMatchObject([{ deployments: 2, failureRate: 0.5, timeToRestore: 3 * hour }]);
});

test('nothing is said about nothing', () => expect(look([release(1, 1)])).toEqual([]));
