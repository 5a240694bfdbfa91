/**
 * A length of time as Go's `time.ParseDuration` reads it, in the units people use: `30s`, `10m`, `1h30m`.
 * `0s` means "no limit" where Tekton says so. Negative and fractional lengths are refused at synth.
 */
export type Duration =
  | `${number}${'ms' | 's' | 'm' | 'h'}`
  | `${number}h${number}m`
  | `${number}m${number}s`
  | `${number}h${number}m${number}s`;

const shape = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds of a duration, or undefined when the text is not one. */
export function milliseconds(text: string): number | undefined {
  const found = shape.exec(text);
  if (found === null || text === '') return undefined;
  const [, hours = '0', minutes = '0', seconds = '0', rest = '0'] = found;
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1000 + Number(rest);
}
