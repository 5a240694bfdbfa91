import { expect, test } from 'vitest';
import { parseHolder, stateOfRun } from './holder.js';
import { ageText } from './lock.js';
import { judgeTakeover } from './takeover.js';

const now = new Date('2026-01-02T03:04:05Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const metadata = { name: 'x', uid: 'u', resourceVersion: '1' };
const lock = (renewed: Date | undefined, seconds = 60) => ({ renewed, seconds });
const unknown = { is: 'unknown' } as const;

test.each([
  ['just renewed', ago(1), 0, unknown, undefined],
  ['renewed 69 s ago: clocks differ a little', ago(69), 0, unknown, undefined],
  ['renewed 71 s ago', ago(71), 0, unknown, 'it was last renewed 1m11s ago and lasts 1m'],
  ['never renewed', undefined, 0, unknown, 'ago and lasts 1m'],
  ['renewed in the future, and just seen', ago(-3600), 59_999, unknown, undefined],
  [
    'renewed in the future, and watched',
    ago(-3600),
    60_000,
    unknown,
    'it was not renewed while it was watched for 1m, and lasts 1m',
  ],
  ['a run that is still running', ago(1), 0, { is: 'running' } as const, undefined],
  [
    'a run that is still running and does not renew',
    ago(100),
    0,
    { is: 'running' } as const,
    'it was last renewed 1m40s ago',
  ],
  ['a run that has ended', ago(1), 0, { is: 'over', why: 'its run has ended' } as const, 'its run has ended'],
])('a lock of another holder: %s', (_, renewed, unchanged, run, rule) => {
  const verdict = judgeTakeover(lock(renewed), { now, sharedClock: true, unchanged, run });
  expect(verdict).toMatchObject(
    rule === undefined ? { take: false } : { take: true, rule: expect.stringContaining(rule) },
  );
  if (!verdict.take) expect(verdict.lookAgain).toBeLessThanOrEqual(60_000);
});

test.each([
  ['renewed 10 hours ago, by its own clock', ago(36_000), 0, undefined],
  ['renewed in the future, by its own clock', ago(-36_000), 59_999, undefined],
  ['renewed 10 hours ago, and watched', ago(36_000), 60_000, 'it was not renewed while it was watched for 1m'],
  ['renewed in the future, and watched', ago(-36_000), 60_000, 'it was not renewed while it was watched for 1m'],
  ['renewed the day before yesterday', ago(48 * 3600), 0, 'it was last renewed 2d ago'],
])('without a shared clock, a lock of another holder: %s', (_, renewed, unchanged, rule) => {
  const verdict = judgeTakeover(lock(renewed), { now, sharedClock: false, unchanged, run: unknown });
  if (rule !== undefined) expect(verdict).toMatchObject({ take: true, rule: expect.stringContaining(rule) });
  else expect(verdict).toEqual({ take: false, lookAgain: 60_000 - unchanged });
});

test('says when to look again', () => {
  expect(judgeTakeover(lock(ago(60)), { now, sharedClock: true, unchanged: 1000, run: unknown })).toEqual({
    take: false,
    lookAgain: 10_001,
  });
  expect(judgeTakeover(lock(ago(1)), { now, sharedClock: true, unchanged: 50_000, run: unknown })).toEqual({
    take: false,
    lookAgain: 10_000,
  });
  expect(judgeTakeover(lock(ago(1), 900), { now, sharedClock: true, unchanged: 1000, run: unknown })).toEqual({
    take: false,
    lookAgain: 899_000,
  });
});

test.each([
  ['pipelinerun/ci/deliver-1/u1', { namespace: 'ci', name: 'deliver-1', uid: 'u1', kind: { kind: 'PipelineRun' } }],
  ['taskrun/ci/watch/u2', { name: 'watch', kind: { kind: 'TaskRun' } }],
  ['pipelinerun/ci/deliver-1', undefined],
  ['pipelinerun/ci//u', undefined],
  ['pipelinerun/a/b/c/d', undefined],
  ['constructor/a/b/c', undefined],
  ['ann@laptop', undefined],
])('the holder %s', (text, expected) => {
  const found = parseHolder(text);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatchObject(expected);
});

const run = parseHolder('pipelinerun/ci/deliver/u');
const withStatus = (status?: object) => ({ metadata, ...(status && { status }) });
const condition = (status: string, reason: string) =>
  withStatus({ conditions: [{ type: 'Succeeded', status, reason }] });
test.each([
  ['missing', undefined, 'its PipelineRun ci/deliver no longer exists'],
  ['of another uid', { metadata: { ...metadata, uid: 'v' } }, 'was deleted; another run has its name now'],
  ['just created', withStatus(), undefined],
  ['running', condition('Unknown', 'Running'), undefined],
  ['cancelled, with finally tasks running', condition('Unknown', 'CancelledRunFinally'), undefined],
  ['done', condition('True', 'Completed'), 'its PipelineRun ci/deliver has succeeded (Completed)'],
  ['failed', condition('False', 'Failed'), 'has failed (Failed)'],
  ['cancelled', condition('False', 'Cancelled'), 'has failed (Cancelled)'],
  ['with an unexpected status', withStatus({ conditions: 'none' }), undefined],
])('a run that is %s', (_, found, why) => {
  if (run === undefined) return expect.unreachable();
  expect(stateOfRun(run, found)).toEqual(
    why === undefined ? { is: 'running' } : { is: 'over', why: expect.stringContaining(why) },
  );
});

test.each([
  [0, '0s'],
  [59_400, '59s'],
  [60_000, '1m'],
  [192_000, '3m12s'],
  [3_600_000, '1h'],
  [3_605_000, '1h'],
  [187_200_000, '2d4h'],
  [-5, '0s'],
])('%i ms are %s', (milliseconds, text) => expect(ageText(milliseconds)).toBe(text));
