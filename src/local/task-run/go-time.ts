const units: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** Milliseconds of a length of time as Go writes it: `1h30m`, `1.5s`, `0`; undefined if it is none. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(?:\d+(?:\.\d*)?(?:h|ms|m|s|us|µs|ns))+$/u.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d*)?)(h|ms|m|s|us|µs|ns)/gu)].reduce(
    (total, [, number, unit = '']) => total + Number(number) * (units[unit] ?? 0),
    0,
  );
}

/** The same length as Go prints it: `1h30m0s`, `1.5s`, `20ms`. */
export function goDuration(milliseconds: number): string {
  if (milliseconds < 1000) return milliseconds === 0 ? '0s' : `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000);
  const seconds = `${(milliseconds % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** A time as Kubernetes stores it. */
export const timestamp = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
