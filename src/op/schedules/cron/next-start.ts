import type { Schedule } from './schedule.js';
import { clockOf } from './time-zone.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A schedule without a start in this many years, such as 30 February, never starts. Source: robfig/cron v3, SpecSchedule.Next. */
const years = 5;

/**
 * The first start after an instant; undefined when there is none.
 *
 * It is the next minute at which clocks in the time zone show a date and time of the schedule: one that they skip in spring has no start,
 * and one that they show twice in autumn has two. The CronJob controller does the same, but for Australia/Lord_Howe, whose clocks change
 * by half an hour: there it misses the starts of some hours after that.
 * @param timeZone as in the tz database @throws RangeError for another one
 */
export function nextStart(schedule: Schedule, timeZone: string, after: Date): Date | undefined {
  if (schedule.kind === 'every') {
    return new Date(Math.floor(after.getTime() / 1000) * 1000 + schedule.interval);
  }
  const clock = clockOf(timeZone);
  const now = clock.local(after.getTime());
  const last = new Date(now).getUTCFullYear() + years;
  // From the day before: clocks that are put back at midnight show it again.
  for (let date = Math.floor(now / day) * day - day; new Date(date).getUTCFullYear() <= last; date += day) {
    if (!isDay(schedule, new Date(date))) continue;
    const found = startsOn(schedule, date, clock).find((instant) => instant > after.getTime());
    if (found !== undefined) return new Date(found);
  }
  return undefined;
}

type Cron = Extract<Schedule, { kind: 'cron' }>;

function isDay({ months, days, weekdays, bothDays }: Cron, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const isDay = days.has(date.getUTCDate());
  const isWeekday = weekdays.has(date.getUTCDay());
  return bothDays ? isDay && isWeekday : isDay || isWeekday;
}

/** The starts of a day, in order. @param date its midnight by the clock */
function startsOn({ hours, minutes }: Cron, date: number, clock: ReturnType<typeof clockOf>): readonly number[] {
  const shown = [...hours].flatMap((h) => [...minutes].map((m) => date + h * hour + m * minute));
  const [before] = clock.instants(date - day);
  const [behind] = clock.instants(date + 2 * day);
  // Most days: clocks are not put forward or back.
  if (before !== undefined && behind !== undefined && behind - before === 3 * day) {
    return shown.map((local) => local - date + before + day).toSorted((a, b) => a - b);
  }
  return shown.flatMap(clock.instants).toSorted((a, b) => a - b);
}
