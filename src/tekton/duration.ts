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

/** Milliseconds of a duration, or undefined when the text is not a duration. */
export function milliseconds(text: string): number | undefined {
  const found = shape.exec(text);
  if (found === null || text === '') return undefined;
  const [, hours = '0', minutes = '0', seconds = '0', rest = '0'] = found;
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1000 + Number(rest);
}

/**
 * The same length as Kubernetes stores it (`1h` as `1h0m0s`), so that applying a manifest twice changes nothing and a GitOps tool
 * sees no drift. Source: Go's `time.Duration.String`.
 */
export function stored(length: Duration): Duration;
export function stored(length: Duration | undefined): Duration | undefined;
export function stored(length: Duration | undefined): Duration | undefined {
  const total = length === undefined ? undefined : milliseconds(length);
  if (total === undefined) return length;
  if (total > 0 && total < 1000) return `${total}ms`;
  const seconds = (total % 60_000) / 1000;
  const minutes = Math.floor(total / 60_000);
  if (minutes === 0) return `${seconds}s`;
  return minutes < 60 ? `${minutes}m${seconds}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`;
}
