import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createScheduler } from './scheduler.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(task: () => void = () => undefined) {
  const end = new AbortController();
  const runs: number[] = [];
  const failures: unknown[] = [];
  const started = performance.now();
  const scheduler = createScheduler(
    end.signal,
    () => {
      runs.push(performance.now() - started);
      task();
    },
    (error) => failures.push(error),
  );
  return { ...scheduler, end: () => end.abort(), runs, failures };
}

test('a burst of changes is one run, 20 ms after the first', () => {
  const { changed, runs } = start();
  changed();
  vi.advanceTimersByTime(15);
  changed();
  vi.advanceTimersByTime(100);
  expect(runs).toEqual([20]);
  changed();
  vi.advanceTimersByTime(20);
  expect(runs).toHaveLength(2);
});

test('a new time to wake replaces the one before', () => {
  const { wakeAfter, runs } = start();
  wakeAfter(100);
  wakeAfter(300);
  vi.advanceTimersByTime(1000);
  expect(runs).toEqual([320]);
});

test('wakeWithin keeps an earlier time, and replaces a later one', () => {
  const { wakeAfter, wakeWithin, runs } = start();
  wakeAfter(100);
  wakeWithin(1000);
  vi.advanceTimersByTime(5000);
  expect(runs).toEqual([120]);
  wakeAfter(30_000);
  wakeWithin(1000);
  vi.advanceTimersByTime(40_000);
  expect(runs).toEqual([120, 6020]);
});

test('nothing runs after the end of its signal', () => {
  const { changed, wakeAfter, wakeWithin, end, runs } = start();
  changed();
  wakeAfter(100);
  end();
  changed();
  wakeWithin(100);
  vi.advanceTimersByTime(1000);
  expect(runs).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('what the task throws is a failure', () => {
  const error = new Error('no');
  const { runNow, changed, failures } = start(() => {
    throw error;
  });
  runNow();
  changed();
  vi.advanceTimersByTime(20);
  expect(failures).toEqual([error, error]);
});
