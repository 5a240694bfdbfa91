const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** A duration with one unit, such as `90s` or `10m`. */
export type DurationText = `${number}${keyof typeof units}`;

const isUnit = (text: string | undefined): text is keyof typeof units => text !== undefined && text in units;

/** Milliseconds of a Go duration; undefined for any other text. Source: Go's time.ParseDuration, without its sub-millisecond units. */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gu)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  return parts.reduce((sum, [, number, unit]) => sum + (isUnit(unit) ? Number(number) * units[unit] : 0), 0);
}
