import { describe, expect, test } from 'vitest';
import { nextStart } from './next-start.js';
import { parseSchedule } from './schedule.js';
import { problemOfTimeZone } from './time-zone.js';

/** The first starts after an instant, in UTC. */
function starts(text: string, timeZone: string, after: string, count = 1): readonly (string | undefined)[] {
  const schedule = parseSchedule(text);
  if ('problem' in schedule) throw new Error(schedule.problem);
  const found: (string | undefined)[] = [];
  for (let last: Date | undefined = new Date(after); found.length < count && last !== undefined; ) {
    last = nextStart(schedule, timeZone, last);
    found.push(last?.toISOString().replace(/:00\.000Z$/u, 'Z'));
  }
  return found;
}

describe('the next start', () => {
  test.each([
    ['0 3 * * *', 'Etc/UTC', '2026-11-27T03:00Z', '2026-11-28T03:00Z'],
    ['0 3 * * *', 'Etc/UTC', '2026-11-27T02:59:59Z', '2026-11-27T03:00Z'],
    ['0 3 * * *', 'Asia/Tokyo', '2026-11-27T12:00Z', '2026-11-27T18:00Z'],
    ['*/20 * * * *', 'Asia/Kathmandu', '2026-11-27T12:00Z', '2026-11-27T12:15Z'],
    ['30 1 1 * *', 'Etc/UTC', '2026-12-31T23:59Z', '2027-01-01T01:30Z'],
    ['0 0 29 2 *', 'Etc/UTC', '2026-01-01T00:00Z', '2028-02-29T00:00Z'],
    ['0 0 30 2 *', 'Etc/UTC', '2026-01-01T00:00Z', undefined],
    ['0 0 13 * FRI', 'Etc/UTC', '2026-11-27T12:00Z', '2026-12-04T00:00Z'],
    ['0 0 */2 * FRI', 'Etc/UTC', '2026-11-27T12:00Z', '2026-11-29T00:00Z'],
    ['0 0 * * FRI', 'Etc/UTC', '2026-11-27T12:00Z', '2026-12-04T00:00Z'],
    ['@weekly', 'Etc/UTC', '2026-11-27T12:00Z', '2026-11-29T00:00Z'],
    ['@every 90m', 'Etc/UTC', '2026-11-27T12:00Z', '2026-11-27T13:30Z'],
  ])('of %s in %s after %s', (schedule, timeZone, after, expected) => {
    expect(starts(schedule, timeZone, after)).toEqual([expected]);
  });

  test('is left out where clocks are put forward over it', () => {
    expect(starts('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2)).toEqual([
      '2026-03-30T00:30Z',
      '2026-03-31T00:30Z',
    ]);
  });

  test('is there twice where clocks are put back over it', () => {
    expect(starts('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 3)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-25T01:30Z',
      '2026-10-26T01:30Z',
    ]);
  });

  test('is right where clocks are put forward at midnight', () => {
    expect(starts('0 0 * * *', 'Africa/Cairo', '2026-04-23T12:00Z', 2)).toEqual([
      '2026-04-24T21:00Z',
      '2026-04-25T21:00Z',
    ]);
  });
});

describe('a time zone', () => {
  test.each(['Etc/UTC', 'UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'US/Pacific', 'Etc/GMT+5'])(
    '%s is one',
    (name) => expect(problemOfTimeZone(name)).toBeUndefined(),
  );

  test.each([
    ['europe/berlin', 'written Europe/Berlin'],
    ['Europe/Atlantis', 'not a time zone'],
    ['Local', 'not a time zone'],
    ['+01:00', 'not a time zone'],
    ['', 'not a time zone'],
  ])('%j is none', (name, problem) => expect(problemOfTimeZone(name)).toContain(problem));
});
