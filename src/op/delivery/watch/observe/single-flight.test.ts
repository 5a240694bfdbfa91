import { setImmediate as settle } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { singleFlight } from './single-flight.js';

test('a running task is not started again, a finished one is', async () => {
  const finish: (() => void)[] = [];
  let settled = 0;
  const start = singleFlight(
    () => new Promise((resolve) => finish.push(resolve)),
    () => expect.unreachable(),
    () => {
      settled += 1;
    },
  );
  start();
  start();
  expect(finish).toHaveLength(1);
  finish[0]?.();
  await settle();
  expect(settled).toBe(1);
  start();
  expect(finish).toHaveLength(2);
});

test('a failed task is a failure, and settles', async () => {
  const events: string[] = [];
  const start = singleFlight(
    () => Promise.reject('no'),
    (error) => events.push(String(error)),
    () => events.push('settled'),
  );
  start();
  await settle();
  expect(events).toEqual(['no', 'settled']);
});
