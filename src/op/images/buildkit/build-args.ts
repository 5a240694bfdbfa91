import { usageError } from '../../kit/errors/op-error.js';

/**
 * Reads the values of `--build-arg`: `NAME=VALUE`, taken literally, or `NAME`, whose value op's own environment has (null here).
 * @throws OpError (usage) for a name that is none
 */
export function parseBuildArgs(values: readonly string[]): Readonly<Record<string, string | null>> {
  const entries = values.map((value) => {
    const split = value.indexOf('=');
    const name = split < 0 ? value : value.slice(0, split);
    // Lines and spaces in a name would be somebody's list in one value.
    if (/^[^\s=]+$/u.test(name)) return [name, split < 0 ? null : value.slice(split + 1)] as const;
    throw usageError({
      what: `--build-arg=${value} is not NAME=VALUE`,
      why: name === '' ? 'it has no name' : `"${name}" is not a name: it has spaces`,
      hint: 'give each build argument with a --build-arg of its own',
    });
  });
  return Object.fromEntries(entries);
}
