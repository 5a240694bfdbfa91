/** The names of months and weekdays that can replace numbers; the first is the lowest number. */
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly words: readonly string[];
}

const fields: readonly Field[] = [
  { name: 'minute', low: 0, high: 59, words: [] },
  { name: 'hour', low: 0, high: 23, words: [] },
  { name: 'day of month', low: 1, high: 31, words: [] },
  { name: 'month', low: 1, high: 12, words: months },
  { name: 'day of week', low: 0, high: 6, words: weekdays },
];

const descriptors =
  /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly|every (?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/u;

/**
 * Why Kubernetes would refuse a CronJob's schedule; undefined when it would accept it.
 *
 * Five fields, `*` or `?`, lists, ranges, steps, names of months and weekdays; Sunday is 0, and 7 is not a weekday. Or a descriptor such as `@daily`.
 * Source: ParseStandard of robfig/cron v3, which the API server and the CronJob controller use.
 */
export function problemOfSchedule(schedule: string): string | undefined {
  if (schedule.startsWith('@')) {
    return descriptors.test(schedule) ? undefined : 'it is not a descriptor such as @hourly, @daily or @every 1h';
  }
  if (/^(?:CRON_)?TZ=/u.test(schedule)) return 'a time zone belongs in timeZone, not in the schedule';
  const parts = schedule.trim().split(/\s+/u);
  if (parts.length !== fields.length)
    return 'it is not five cron fields (minute, hour, day of month, month, day of week)';
  for (const [index, field] of fields.entries()) {
    for (const item of (parts[index] ?? '').split(',')) {
      const problem = problemOfItem(item, field);
      if (problem !== undefined) return `it is not five cron fields: ${field.name} ${problem}`;
    }
  }
  return undefined;
}

/** `*`, `?`, `5`, `MON`, `1-5`, each with `/STEP`. */
function problemOfItem(item: string, field: Field): string | undefined {
  const [range = '', step, ...more] = item.split('/');
  if (more.length > 0) return `"${item}" has two steps`;
  if (step !== undefined && !/^\d+$/u.test(step)) return `"${item}" has a step that is not a number`;
  if (step !== undefined && Number(step) === 0) return `"${item}" has the step 0`;
  if (range === '*' || range === '?') return undefined;
  const ends = range.split('-').map((end) => numberOf(end, field));
  if (ends.length > 2 || ends.includes(undefined)) return `"${item}" is not a number, a range or *`;
  const [first = 0, last = first] = ends;
  if (first < field.low || last > field.high) return `"${item}" is not within ${field.low} to ${field.high}`;
  if (first > last) return `"${item}" is a range that ends before it begins`;
  return undefined;
}

function numberOf(text: string, { low, words }: Field): number | undefined {
  if (/^\d+$/u.test(text)) return Number(text);
  const index = words.indexOf(text.toUpperCase());
  return index < 0 ? undefined : low + index;
}
