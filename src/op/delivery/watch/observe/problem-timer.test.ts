import { expect, test } from 'vitest';
import type { RolloutProblem } from '../judge/rollout-problem.js';
import { createProblemTimer } from './problem-timer.js';

const problem = (key: string, kind: RolloutProblem['kind'], gracePeriod: number): RolloutProblem => ({
  ...{ key, kind, gracePeriod, why: key, hint: '' },
});

test('a problem expires after its grace period, counted without a break', () => {
  const { check } = createProblemTimer();
  const crash = problem('crash', 'tool', 1000);
  expect(check([crash], 0)).toEqual({ expired: undefined, next: 1000 });
  expect(check([], 500)).toEqual({ expired: undefined, next: undefined });
  expect(check([crash], 900)).toEqual({ expired: undefined, next: 1000 });
  expect(check([crash], 1899)).toEqual({ expired: undefined, next: 10 });
  expect(check([crash], 1900).expired).toBe(crash);
});

test('a wrong configuration comes first', () => {
  const suspended = problem('suspended', 'input', 0);
  expect(createProblemTimer().check([problem('crash', 'tool', 0), suspended], 0).expired).toBe(suspended);
});
