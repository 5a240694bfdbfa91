import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { slots } from './task-run.js';

test('a slot goes to one that still waits, not to one that was aborted while it did', async () => {
  const take = slots(1);
  const { signal } = new AbortController();
  const over = new AbortController();
  let free = () => {};
  const end = new Promise<void>((resolve) => {
    free = resolve;
  });
  const first = take(signal, () => end);
  const aborted = [1, 2, 3].map(() => take(over.signal, () => delay(1)));
  over.abort();
  expect((await Promise.allSettled(aborted)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  const rest = Promise.all(['a', 'b', 'c'].map((name) => take(signal, () => delay(1, name))));
  free();
  await first;
  expect(await Promise.race([rest, delay(2000, 'nothing')])).toEqual(['a', 'b', 'c']);
});
