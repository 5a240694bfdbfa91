/**
 * Why Kubernetes would refuse the time zone of a CronJob; undefined when it would accept it.
 * Source: validateTimeZone, pkg/apis/batch/validation; Go reads the tz database, where upper and lower case differ.
 */
export function problemOfTimeZone(name: string): string | undefined {
  const unknown = 'it is not a time zone of the tz database, such as Etc/UTC or Europe/Berlin';
  if (!/^[A-Za-z][\w+-]*(?:\/[\w+-]+)*$/u.test(name) || name.toLowerCase() === 'local') return unknown;
  try {
    clockOf(name);
  } catch {
    return unknown;
  }
  const meant = Intl.supportedValuesOf('timeZone').find((one) => one.toLowerCase() === name.toLowerCase());
  return meant === undefined || meant === name ? undefined : `it is written ${meant}`;
}

/** What clocks show in a time zone. */
export interface Clock {
  /** The local date and time of an instant, as if it were UTC: milliseconds. */
  readonly local: (instant: number) => number;
  /** The instants at which clocks show this date and time: none when they are put forward over it, two when they are put back. */
  readonly instants: (local: number) => readonly number[];
}

const day = 86_400_000;

/** @throws RangeError for a time zone that does not exist */
export function clockOf(timeZone: string): Clock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const local = (instant: number): number => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  };
  const offset = (instant: number) => local(instant) - Math.floor(instant / 1000) * 1000;
  return {
    local,
    instants: (wanted) => {
      const offsets = new Set([offset(wanted - day), offset(wanted + day)]);
      const candidates = [...offsets].map((one) => wanted - one);
      return candidates.filter((instant) => local(instant) === wanted).toSorted((a, b) => a - b);
    },
  };
}
