/** When something starts, as the schedule of a CronJob says it. */
export type Schedule =
  | {
      readonly kind: 'cron';
      readonly minutes: ReadonlySet<number>;
      readonly hours: ReadonlySet<number>;
      /** 1 to 31. */
      readonly days: ReadonlySet<number>;
      /** 1 to 12. */
      readonly months: ReadonlySet<number>;
      /** 0 is Sunday. */
      readonly weekdays: ReadonlySet<number>;
      /** Whether a day must be in both of `days` and `weekdays`; else in one of them. */
      readonly bothDays: boolean;
    }
  | {
      readonly kind: 'every';
      /** Milliseconds; whole seconds, at least one. */
      readonly interval: number;
    };

/** The names of months and weekdays that can replace numbers; the first is the lowest number. */
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly words: readonly string[];
}

const fields = {
  minutes: { name: 'minute', low: 0, high: 59, words: [] },
  hours: { name: 'hour', low: 0, high: 23, words: [] },
  days: { name: 'day of month', low: 1, high: 31, words: [] },
  months: { name: 'month', low: 1, high: 12, words: months },
  weekdays: { name: 'day of week', low: 0, high: 6, words: weekdays },
} as const satisfies Readonly<Record<string, Field>>;

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/**
 * Reads the schedule of a CronJob as Kubernetes does; `problem` is why it would refuse it.
 *
 * Five fields, `*` or `?`, lists, ranges, steps, names of months and weekdays; Sunday is 0, and 7 is not a weekday. Or a descriptor such as `@daily`.
 * Source: ParseStandard of robfig/cron v3, which the API server and the CronJob controller use.
 */
export function parseSchedule(text: string): Schedule | { readonly problem: string } {
  if (text.startsWith('@')) {
    const cron = descriptors[text];
    if (cron !== undefined) return parseSchedule(cron);
    const interval = intervalOf(text);
    return interval === undefined
      ? { problem: 'it is not a descriptor such as @hourly, @daily or @every 1h' }
      : { kind: 'every', interval };
  }
  if (/^(?:CRON_)?TZ=/u.test(text)) return { problem: 'a time zone belongs in timeZone, not in the schedule' };
  const parts = text.trim().split(/\s+/u);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = parts;
  if (parts.length !== Object.keys(fields).length) {
    return { problem: 'it is not five cron fields (minute, hour, day of month, month, day of week)' };
  }
  try {
    return {
      kind: 'cron',
      minutes: numbersIn(minute, fields.minutes),
      hours: numbersIn(hour, fields.hours),
      days: numbersIn(day, fields.days),
      months: numbersIn(month, fields.months),
      weekdays: numbersIn(weekday, fields.weekdays),
      bothDays: hasStar(day) || hasStar(weekday),
    };
  } catch (error) {
    if (error instanceof FieldProblem) return { problem: `it is not five cron fields: ${error.message}` };
    throw error;
  }
}

class FieldProblem extends Error {}

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

function intervalOf(text: string): number | undefined {
  const [, duration = ''] = /^@every ((?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/u.exec(text) ?? [];
  if (duration === '') return undefined;
  let sum = 0;
  for (const [, number, unit = ''] of duration.matchAll(/(\d+(?:\.\d+)?)(\D+)/gu)) {
    sum += Number(number) * (units[unit] ?? 0);
  }
  return Math.max(1000, Math.floor(sum / 1000) * 1000);
}

const numbersIn = (text: string, field: Field): ReadonlySet<number> =>
  new Set(text.split(',').flatMap((item) => numbersOf(item, field)));

/** `*`, `?`, `5`, `MON`, `1-5`, each with `/STEP`; `5/STEP` goes on to the highest number. */
function numbersOf(item: string, field: Field): readonly number[] {
  const wrong = (what: string) => new FieldProblem(`${field.name} "${item}" ${what}`);
  const [range = '', given, ...more] = item.split('/');
  if (more.length > 0) throw wrong('has two steps');
  if (given !== undefined && !/^\d+$/u.test(given)) throw wrong('has a step that is not a number');
  const step = Number(given ?? 1);
  if (step === 0) throw wrong('has the step 0');
  const ends = isStar(range) ? [field.low, field.high] : range.split('-').map((end) => numberOf(end, field));
  const [first, last = given === undefined ? first : field.high] = ends;
  if (ends.length > 2 || ends.includes(undefined) || first === undefined || last === undefined) {
    throw wrong('is not a number, a range or *');
  }
  if (first < field.low || last > field.high) throw wrong(`is not within ${field.low} to ${field.high}`);
  if (first > last) throw wrong('is a range that ends before it begins');
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);
}

const isStar = (range: string): boolean => range === '*' || range === '?';

/** `*` and `*` with the step 1: every day. With another step it limits the days, as a number does. */
const hasStar = (text: string): boolean => text.split(',').some((item) => /^[*?](?:\/0*1)?$/u.test(item));

function numberOf(text: string, { low, words }: Field): number | undefined {
  if (/^\d+$/u.test(text)) return Number(text);
  const index = words.indexOf(text.toUpperCase());
  return index < 0 ? undefined : low + index;
}
