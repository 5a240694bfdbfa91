import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, usageError } from '../../kit/errors/op-error.js';
import { withTemporaryDirectory } from '../../kit/files/temporary.js';

/** Variables of a container by name; null takes the value from the environment of op. */
export type Variables = Readonly<Record<string, string | null>>;

/** `NAME=VALUE`, or `NAME` for the value that it has here. @throws OpError (usage) that shows no value */
export function parseVariables(texts: readonly string[]): Variables {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      const name = equals < 0 ? text : text.slice(0, equals);
      if (isName(name)) return [name, equals < 0 ? null : text.slice(equals + 1)];
      throw usageError({
        what: '--env takes NAME=VALUE, or NAME for the value that it has here',
        why: 'a name is not empty, and has neither spaces nor "=" in it',
        hint: 'write for example --env=LOG_LEVEL=debug',
      });
    }),
  );
}

const isName = (name: string) => /^[^\s=#\0][^\s=\0]*$/u.test(name);

/**
 * The values of variables; one that has none here is left out, with a warning.
 * @param origin what names the variables, for a person
 * @throws OpError (input) for what is no name, and a value that no process can have
 */
export function resolveVariables(context: Context, variables: Variables, origin: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, given] of Object.entries(variables)) {
    const value = given ?? context.env[name];
    if (!isName(name)) throw unusable(origin, name, 'is not the name of a variable');
    if (value?.includes('\0')) throw unusable(origin, name, 'has a NUL character in its value');
    if (value === undefined)
      context.log.warn(`${name} is left out: neither ${origin} nor the environment has its value`);
    else values.set(name, value);
  }
  return values;
}

/** What the engine is told about the variables: flags, and what its own environment has for it. */
export interface GivenVariables {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Docker reads such a file by lines of at most 64 KiB. */
const longestLine = 16_000;

/**
 * Gives `act` the variables in a form in which no other user of this machine sees the values: a file that only this user can read,
 * gone afterwards. What has several lines or is very long, which such a file cannot hold, is passed on through the engine's own environment.
 */
export async function withVariables<T>(
  context: Context,
  values: ReadonlyMap<string, string>,
  act: (given: GivenVariables) => Promise<T>,
): Promise<T> {
  const isLong = (value: string) => /[\r\n]/u.test(value) || value.length > longestLine;
  const short = [...values].filter(([, value]) => !isLong(value)).map(([name, value]) => `${name}=${value}\n`);
  const long = [...values].filter(([, value]) => isLong(value));
  return withTemporaryDirectory(context, 'env', async (directory) => {
    const file = join(directory, 'env');
    await writeFile(file, short.join(''), { mode: 0o600 });
    return act({
      flags: [`--env-file=${file}`, ...long.map(([name]) => `--env=${name}`)],
      env: Object.fromEntries(long),
    });
  });
}

const unusable = (origin: string, name: string, why: string) =>
  inputError({
    what: `the container cannot be given its environment`,
    why: `${JSON.stringify(name)} (${origin}) ${why}`,
    hint: 'correct it',
  });
