import { expect, test } from 'vitest';
import { podName } from '../task-run/environment.js';
import { childName, taskRunNames } from './child-name.js';

test('a TaskRun is named for its run and its task', () => {
  expect(taskRunNames('run', 'build', 1)).toEqual(['run-build']);
});

test('the TaskRuns of a matrix are numbered from 0', () => {
  expect(taskRunNames('run', 'build', 3)).toEqual(['run-build-0', 'run-build-1', 'run-build-2']);
});

test.each([
  ['p'.repeat(63), '-short'],
  ['p'.repeat(40), `-${'s'.repeat(40)}`],
  ['p', `-${'s'.repeat(80)}`],
])('a name is at most 63 characters long, and another parent gives another name', (parent, suffix) => {
  const name = childName(parent, suffix);
  expect(name.length).toBeLessThanOrEqual(63);
  expect(name).not.toBe(childName(`${parent.slice(1)}q`, suffix));
  expect(name).toMatch(/[a-z0-9]$/u);
});

test('a matrix with a long name keeps the numbers', () => {
  const names = taskRunNames('r'.repeat(50), 't'.repeat(50), 12);
  expect(new Set(names).size).toBe(12);
  for (const [index, name] of names.entries()) expect(name.endsWith(`-${index}`)).toBe(true);
});

test('the pod of a TaskRun with a long name has a hash in its own', () => {
  const [one, other] = ['a', 'b'].map((end) => podName({ name: `${'t'.repeat(62)}${end}`, retryCount: 1 }));
  expect(one).toMatch(/^t+[0-9a-f]{32}-pod-retry1$/u);
  expect(one).toHaveLength(63);
  expect(one).not.toBe(other);
  expect(podName({ name: 'short', retryCount: 0 })).toBe('short-pod');
});
