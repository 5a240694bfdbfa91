import { setImmediate as settle } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { digestOf } from '../../../../../test/op/cluster-objects.js';
import { platform, right, web } from '../../../../../test/op/judging.js';
import { comparisonKey, type DigestComparison } from '../judge/match-image.js';
import { createDigestComparer } from './digest-comparer.js';

const comparison = (found: string): DigestComparison => ({
  ...{ expected: web, found, foundIn: undefined, usedBy: 'pod' },
});

test('each pair of digests is compared once, and each answer is reported', async () => {
  const asked: string[] = [];
  let answered = 0;
  const compare = async ({ found }: DigestComparison) => asked.push(found) > 0 && found === platform;
  const comparer = createDigestComparer(
    compare,
    () => {
      answered += 1;
    },
    () => expect.unreachable(),
  );
  comparer.start([comparison(platform), comparison(platform)]);
  comparer.start([comparison(platform), comparison(digestOf('e'))]);
  await settle();
  expect(asked).toEqual([platform, digestOf('e')]);
  expect(answered).toBe(2);
  expect(comparer.answers.get(comparisonKey(right, platform))).toBe(true);
  expect(comparer.answers.get(comparisonKey(right, digestOf('e')))).toBe(false);
});

test('a failed comparison is a failure', async () => {
  const failures: unknown[] = [];
  const comparer = createDigestComparer(
    () => Promise.reject('no'),
    () => expect.unreachable(),
    (error) => failures.push(error),
  );
  comparer.start([comparison(platform)]);
  await settle();
  expect(failures).toEqual(['no']);
});
