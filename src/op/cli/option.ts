import { InvalidArgumentError, Option } from 'commander';

/**
 * Tekton passes a parameter that nobody set as `--flag=`, and the path of a workspace that is not bound as an empty string:
 * for every option of op, empty means not given.
 */
export function optional(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, earlier: string | undefined) =>
    value === '' ? earlier : value,
  );
}

/** Repeatable, and each value may be a comma-separated list. */
export function list(flags: string, description: string): Option {
  return new Option(flags, `${description} (repeatable, or separated by commas)`)
    .argParser((value: string, earlier: readonly string[] | undefined) => [
      ...(earlier ?? []),
      ...value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    ])
    .default([], 'none');
}

/** Repeatable; a value is taken as it is. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description} (repeatable)`)
    .argParser((value: string, earlier: readonly string[] | undefined) => [
      ...(earlier ?? []),
      ...(value === '' ? [] : [value]),
    ])
    .default([], 'none');
}

/** `--flag`, `--flag=true` or `--flag=false`; empty leaves the default. */
export function flag(name: string, description: string, byDefault = false): Option {
  return new Option(`${name} [true|false]`, description)
    .argParser((value: string, earlier: boolean | undefined) => {
      if (value === '') return earlier ?? byDefault;
      if (value !== 'true' && value !== 'false') throw new InvalidArgumentError('It takes true or false.');
      return value === 'true';
    })
    .default(byDefault);
}

/** One of some words; the first is the default, and what empty means. */
export function choice<const Word extends string>(
  flags: string,
  description: string,
  words: readonly [Word, ...Word[]],
) {
  return new Option(flags, `${description}: ${words.join(', ')}`)
    .argParser((value: string, earlier: Word | undefined) => {
      const [byDefault] = words;
      const word = value === '' ? (earlier ?? byDefault) : words.find((known) => known === value);
      if (word === undefined) throw new InvalidArgumentError(`It takes ${words.join(', ')}.`);
      return word;
    })
    .default(words[0]);
}

/** Timers of Node.js take no more milliseconds than this, and fire at once for more: 596 hours. */
const longest = 2 ** 31 - 1;

/** A whole number of at least 1; empty leaves the default. */
export function count(flags: string, description: string, byDefault: number): Option {
  return new Option(flags, description)
    .argParser((value: string, earlier: number | undefined) => {
      if (value === '') return earlier ?? byDefault;
      if (!/^[1-9]\d{0,5}$/u.test(value)) throw new InvalidArgumentError('It takes a whole number, 1 or more.');
      return Number(value);
    })
    .default(byDefault);
}

/** How long something may take: a Go duration (`90s`, `10m`, `1h30m`) in milliseconds; empty leaves the default. */
export function duration(flags: string, description: string, byDefault: string): Option {
  return new Option(flags, `${description}, such as 90s, 10m or 1h30m`)
    .argParser((value: string, earlier: number | undefined) =>
      value === '' ? (earlier ?? parseDuration(byDefault)) : checkLength(parseDuration(value)),
    )
    .default(parseDuration(byDefault), byDefault);
}

function checkLength(milliseconds: number): number {
  if (milliseconds > 0 && milliseconds <= longest) return milliseconds;
  throw new InvalidArgumentError('It takes more than nothing, and at most 596h.');
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a Go duration. Source: Go's time.ParseDuration, without its sub-millisecond units. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gu)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw new InvalidArgumentError('It takes a duration such as 90s, 10m or 1h30m.');
  }
  return parts.reduce((sum, part) => sum + Number(part[1]) * (units[part[2] ?? 's'] ?? 0), 0);
}
