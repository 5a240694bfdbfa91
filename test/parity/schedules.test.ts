import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextStart } from '../../src/op/schedules/cron/next-start.js';
import { parseSchedule } from '../../src/op/schedules/cron/schedule.js';
import { askTekton, whyNot } from './tekton.js';

const missing = await whyNot();

/** Numbers of a field, a little beyond what is allowed; `*` is more frequent than at random. */
function field(low: number, high: number, words: readonly string[]) {
  const number = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: low, max: high }).map(String) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: high + 2 }).map(String) },
    ...(words.length > 0 ? [{ weight: 2, arbitrary: fc.constantFrom(...words) }] : []),
  );
  const range = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('*', '?') },
    { weight: 4, arbitrary: number },
    { weight: 2, arbitrary: fc.tuple(number, number).map((ends) => ends.join('-')) },
  );
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant('') },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: high + 2 }).map((n) => `/${n}`) },
  );
  const item = fc.tuple(range, step).map((parts) => parts.join(''));
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant('*') },
    { weight: 4, arbitrary: fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(',')) },
  );
}

const schedule = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .tuple(
        field(0, 59, []),
        field(0, 23, []),
        field(1, 31, []),
        field(1, 12, ['jan', 'FEB', 'Dec']),
        field(0, 6, ['sun', 'MON', 'Sat']),
      )
      .map((fields) => fields.join(' ')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('@daily', '@hourly', '@weekly', '@monthly', '@yearly', '@every 1h30m', '@every 1500ms'),
  },
);
const question = fc.record({
  text: schedule,
  zone: fc.constantFrom(
    'Etc/UTC',
    'Europe/Berlin',
    'America/New_York',
    'America/Santiago',
    'Africa/Cairo',
    'America/Havana',
    'Asia/Kathmandu',
    'Pacific/Apia',
  ),
  after: fc.date({ min: new Date('2024-01-01'), max: new Date('2029-12-31'), noInvalidDate: true }),
});
const count = 8;

function ours({ text, zone, after }: { text: string; zone: string; after: Date }): readonly string[] | 'refused' {
  const read = parseSchedule(text);
  if ('problem' in read) return 'refused';
  const found: string[] = [];
  for (let last = nextStart(read, zone, after); last !== undefined && found.length < count; ) {
    found.push(last.toISOString().replace('.000Z', 'Z'));
    last = nextStart(read, zone, last);
  }
  return found;
}

describe.skipIf(missing !== undefined && process.env.CI === undefined)(
  `schedules are read and start as the CronJob controller does it${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    const near = (zone: string, day: string) =>
      ['30 2 * * *', '0 0 * * *', '30 1 * * *', '*/15 * * * *', '0 3 * * SUN', '59 23 * * *', '0 */6 * * *'].map(
        (text) => ({ text, zone, after: new Date(day) }),
      );
    test('where clocks are put forward or back', async () => {
      const questions = [
        ...near('Europe/Berlin', '2026-03-28T12:00:00Z'),
        ...near('Europe/Berlin', '2026-10-24T12:00:00Z'),
        ...near('Africa/Cairo', '2026-04-23T12:00:00Z'),
        ...near('Africa/Cairo', '2026-10-29T12:00:00Z'),
        ...near('America/Santiago', '2026-04-04T00:00:00Z'),
        ...near('America/Santiago', '2026-09-05T00:00:00Z'),
        ...near('America/Havana', '2026-11-01T00:00:00Z'),
      ];
      await compare(questions);
    });

    test('2,000 schedules made at random', async () => {
      await compare(fc.sample(question, { numRuns: 2000, seed: 20261127 }));
    });
  },
);

async function compare(questions: readonly { text: string; zone: string; after: Date }[]): Promise<void> {
  const answers = await askTekton(
    questions.map((one) => ({ do: 'starts', count, ...one, after: one.after.toISOString() })),
  );
  const different = questions.flatMap((one, index) => {
    const { answer, error } = answers[index] ?? {};
    const theirs = error === undefined ? answer : 'refused';
    const own = ours(one);
    return JSON.stringify(own) === JSON.stringify(theirs) ? [] : [{ ...one, own, theirs }];
  });
  expect(different.slice(0, 5)).toEqual([]);
}
