import { expect, test } from 'vitest';
import { createProgressReporter } from './progress-reporter.js';

const reporter = (live: boolean) => {
  const reported: string[] = [];
  const { report } = createProgressReporter({ live, progress: (text) => reported.push(text) });
  return { reported, at: (seconds: number, why: string) => report({ why, problems: [] }, 100_000 + seconds * 1000) };
};

test('on a terminal, new progress is reported at most once a second, the same every 30 seconds', () => {
  const { reported, at } = reporter(true);
  expect([at(0, 'a'), at(0.4, 'b'), at(1, 'b'), at(2, 'b'), at(31, 'b')]).toEqual([
    30_000, 600, 30_000, 29_000, 30_000,
  ]);
  expect(reported).toEqual(['waiting for a', 'waiting for b', 'waiting for b']);
});

test('a log gets nothing of what is over in ten seconds, and then fewer and fewer lines', () => {
  const { reported, at } = reporter(false);
  expect(at(0, 'a')).toBe(10_000);
  expect([at(9, 'b'), reported.length]).toEqual([1000, 0]);
  // Something else each second, for half an hour.
  for (let second = 10; second < 1800; second++) at(second, String(second));
  expect(reported.slice(0, 3)).toEqual(['waiting for 10', 'waiting for 30', 'waiting for 70']);
  expect(reported.length).toBeLessThan(35);
  // The same for half an hour.
  const silent = reporter(false);
  for (let second = 0; second < 1800; second++) silent.at(second, 'a');
  expect(silent.reported.length).toBeLessThan(11);
});

test('a line is short, and names the last cause', () => {
  const { reported, at } = reporter(true);
  at(0, `HelmRelease flux/shop: ${'Progressing '.repeat(8)}; Deployment web: 0 of 1 pods are available`);
  expect(reported).toEqual(['waiting for Deployment web: 0 of 1 pods are available']);
});

test('of one cause that is too long, the end is shown', () => {
  const { reported, at } = reporter(true);
  at(0, `Deployment web: its container web must be registry.example.com/${'team/'.repeat(20)}web:v2, but is web:v1`);
  expect(reported.join()).toMatch(/^waiting for Deployment web: its .*….*web:v2, but is web:v1$/u);
  expect(reported.join()).toHaveLength(110);
});

test('it names the first problem, and shortens digests', () => {
  const reported: string[] = [];
  const { report } = createProgressReporter({ live: true, progress: (text) => reported.push(text) });
  const problem = { key: 'x', kind: 'tool', gracePeriod: 1000, why: 'not ready', hint: '' } as const;
  report({ why: `sha256:${'a'.repeat(64)}`, problems: [problem] }, 100_000);
  expect(reported).toEqual([`waiting for sha256:${'a'.repeat(12)}; not ready`]);
});
