import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, usageError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';

/** The environment variables of a container; null takes the value from op's environment. */
export type ContainerEnv = Readonly<Record<string, string | null>>;

/** Parses `NAME=VALUE`, or `NAME` for its value in op's environment. @throws OpError (usage) that shows no value */
export function parseEnvFlags(flags: readonly string[]): ContainerEnv {
  return Object.fromEntries(
    flags.map((text) => {
      const equals = text.indexOf('=');
      const name = equals < 0 ? text : text.slice(0, equals);
      if (isName(name)) return [name, equals < 0 ? null : text.slice(equals + 1)];
      throw usageError({
        what: '--env must be NAME=VALUE, or NAME for its value in the current environment',
        why: 'a name must not be empty, nor contain spaces or "="',
        hint: 'write, for example, --env=LOG_LEVEL=debug',
      });
    }),
  );
}

const isName = (name: string) => /^[^\s=#\0][^\s=\0]*$/u.test(name);

/**
 * The values of variables; one that has no value is skipped, with a warning.
 * @param origin where the variables are configured, for a person
 * @throws OpError (input) for an invalid name, and for a value that no process can have
 */
export function resolveEnv(context: Context, variables: ContainerEnv, origin: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, given] of Object.entries(variables)) {
    const value = given ?? context.env[name];
    if (!isName(name)) throw invalid(origin, name, 'is not a valid variable name');
    if (value?.includes('\0')) throw invalid(origin, name, 'has a NUL character in its value');
    if (value === undefined) context.log.warn(`skipping ${name}: it has no value in ${origin} or in the environment`);
    else values.set(name, value);
  }
  return values;
}

const invalid = (origin: string, name: string, why: string) =>
  inputError({
    what: 'cannot set the environment variables of the container',
    why: `${JSON.stringify(name)} (${origin}) ${why}`,
    hint: `fix it in ${origin}`,
  });

const ofEngine = (name: string) =>
  inputError({
    what: `cannot give the variable ${name} to the container`,
    why: 'its value has several lines or is very long, so the container engine would get it in its own environment, and use it',
    hint: 'give it a short value on one line',
  });

/** Variables for a container engine; the file with their values is removed at the end of its `await using`. */
export interface EngineEnv extends AsyncDisposable {
  /** Flags of `docker create`. */
  readonly flags: readonly string[];
  /** Variables of the engine's own process. */
  readonly env: Readonly<Record<string, string>>;
}

/** Docker reads such a file by lines of at most 64 KiB. */
const longestLine = 16_000;

/** Variables that container engines, the loader of programs and Go read: they choose programs, configuration and servers. */
const ofEngines =
  /^(?:PATH|HOME|SHELL|ENV|BASH\w*|TMPDIR|GCONV_PATH|LOCPATH|(?:LD|DYLD|XDG|SSH|SSL|GO|DOCKER|BUILDX|BUILDKIT|CONTAINERS?|PODMAN|STORAGE|REGISTRY|REGISTRIES)\w*|\w+_proxy)$/iu;

/**
 * Prepares variables so that no other user of this machine can see the values: in a file that only this user can read. Values with
 * several lines and very long ones, which such a file cannot contain, go through the engine's own environment.
 * @throws OpError (input) for such a value of a variable that the engine itself would use: a repository must not choose what op starts
 */
export async function prepareEnv(context: Context, values: ReadonlyMap<string, string>): Promise<EngineEnv> {
  const isLong = (value: string) => /[\r\n]/u.test(value) || value.length > longestLine;
  const short = [...values].filter(([, value]) => !isLong(value)).map(([name, value]) => `${name}=${value}\n`);
  const long = [...values].filter(([, value]) => isLong(value));
  const used = long.find(([name, value]) => ofEngines.test(name) && context.env[name] !== value)?.[0];
  if (used !== undefined) throw ofEngine(used);
  const directory = await makePrivateDirectory(context, 'env');
  const file = join(directory.path, 'env');
  try {
    await writeFile(file, short.join(''), { mode: 0o600 });
  } catch (error) {
    await directory.dispose();
    throw error;
  }
  return {
    flags: [`--env-file=${file}`, ...long.map(([name]) => `--env=${name}`)],
    env: Object.fromEntries(long),
    [Symbol.asyncDispose]: directory.dispose,
  };
}
