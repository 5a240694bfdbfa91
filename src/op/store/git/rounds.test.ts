import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import type { Context } from '../../context.js';
import { createRounds } from './rounds.js';

/** Rounds that answer with the job in capitals when they are told to, and what was asked in each. */
function start() {
  const asked: (readonly string[])[] = [];
  const signals: AbortSignal[] = [];
  const waiting: { readonly end: () => void; readonly fail: (error: Error) => void }[] = [];
  const rounds = createRounds<string, string>(testContext().context, async ({ signal }: Context, jobs) => {
    asked.push(jobs);
    signals.push(signal);
    await new Promise<void>((end, fail) => {
      waiting.push({ end, fail });
      signal.addEventListener('abort', () => fail(signal.reason));
    });
    return jobs.map((job) => (job === 'bad' ? new Error('this one is bad') : job.toUpperCase()));
  });
  const begun = async (count: number) => {
    while (waiting.length < count) await wait(1);
    const round = waiting[count - 1];
    if (round === undefined) throw new Error('the round has not begun');
    return round;
  };
  return { rounds, asked, signals, begun };
}
const { context } = testContext();

test('what is asked for during a round is done together in the next one, and one bad job fails alone', async () => {
  const { rounds, asked, begun } = start();
  const first = rounds.ask(context, 'a');
  const one = await begun(1);
  const others = Promise.allSettled(['b', 'bad', 'c'].map((job) => rounds.ask(context, job)));
  one.end();
  expect(await first).toBe('A');
  (await begun(2)).end();
  expect(await others).toMatchObject([
    { value: 'B' },
    { reason: expect.objectContaining({ message: 'this one is bad' }) },
    { value: 'C' },
  ]);
  expect(asked).toEqual([['a'], ['b', 'bad', 'c']]);
});

test('a round that fails, fails for all in it, and the next one begins', async () => {
  const { rounds, begun } = start();
  const first = Promise.allSettled([rounds.ask(context, 'a'), rounds.ask(context, 'b')]);
  (await begun(1)).fail(new Error('no network'));
  expect((await first).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = rounds.ask(context, 'c');
  (await begun(2)).end();
  expect(await next).toBe('C');
});

test('who is told to stop is answered at once; the round is stopped when nobody waits for it', async () => {
  const { rounds, signals, begun } = start();
  const [one, other] = [new AbortController(), new AbortController()];
  const asked = [one, other].map(({ signal }, at) => rounds.ask(testContext({ signal }).context, `job ${at}`));
  const ended = Promise.allSettled(asked);
  await begun(1);
  one.abort(new Error('stopped'));
  await expect(asked[0]).rejects.toThrow('stopped');
  expect(signals[0]?.aborted).toBe(false);
  other.abort(new Error('stopped too'));
  expect(signals[0]?.aborted).toBe(true);
  expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await rounds[Symbol.asyncDispose]();
  await expect(rounds.ask(testContext({ signal: one.signal }).context, 'late')).rejects.toThrow('stopped');
});
