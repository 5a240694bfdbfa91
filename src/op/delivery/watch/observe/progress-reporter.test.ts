import { expect, test } from 'vitest';
import { createProgressReporter } from './progress-reporter.js';

test('new progress is reported at most once a second, the same every 30 seconds', () => {
  const reported: string[] = [];
  const { report } = createProgressReporter({ progress: (text) => reported.push(text) });
  const at = (now: number, why: string) => report({ why, problems: [] }, now);
  expect(at(100_000, 'a')).toBe(30_000);
  expect(at(100_400, 'b')).toBe(600);
  expect(at(101_000, 'b')).toBe(30_000);
  expect(at(102_000, 'b')).toBe(29_000);
  expect(at(131_000, 'b')).toBe(30_000);
  expect(reported).toEqual(['waiting for a', 'waiting for b', 'waiting for b']);
});

test('it names the first problem, and shortens digests', () => {
  const reported: string[] = [];
  const { report } = createProgressReporter({ progress: (text) => reported.push(text) });
  const problem = { key: 'x', kind: 'tool', gracePeriod: 1000, why: 'not ready', hint: '' } as const;
  report({ why: `sha256:${'a'.repeat(64)}`, problems: [problem] }, 100_000);
  expect(reported).toEqual([`waiting for sha256:${'a'.repeat(12)}; not ready`]);
});
