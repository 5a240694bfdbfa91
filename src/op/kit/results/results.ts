import { inputError, usageError } from '../errors/op-error.js';
import { writeAtomic } from '../files/write-atomic.js';

/** Where each named output of a command goes: `--result=NAME=PATH`, repeatable. */
export type ResultPaths = Readonly<Record<string, string>>;

/**
 * Reads the values of `--result`.
 * @throws OpError (usage) for a value that is not NAME=PATH, or a name the command does not produce
 */
export function parseResultPaths(values: readonly string[], known: readonly string[]): ResultPaths {
  const paths: Record<string, string> = {};
  for (const value of values) {
    const split = value.indexOf('=');
    const name = value.slice(0, split);
    if (split < 1 || split === value.length - 1 || !known.includes(name)) {
      throw usageError({
        what: `--result=${value} is not an output of this command`,
        why: 'it takes NAME=PATH: the file PATH then holds the output NAME',
        hint: `use one of the outputs ${known.join(', ')}`,
      });
    }
    paths[name] = value.slice(split + 1);
  }
  return paths;
}

/** Tekton keeps about 4 kB of results of a whole TaskRun, its own bookkeeping included. */
const roomOfResults = 3072;

/**
 * Writes the outputs that were asked for, without a trailing newline: Tekton hands a result on verbatim.
 * @returns a warning when together they do not fit into what Tekton keeps
 * @throws OpError (input) for a path that cannot be written
 */
export async function writeResults(
  paths: ResultPaths,
  outputs: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  let size = 0;
  for (const [name, path] of Object.entries(paths)) {
    const value = outputs[name] ?? '';
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
    await writeAtomic(path, value).catch((cause: NodeJS.ErrnoException) => {
      throw inputError({
        what: `cannot write the output ${name} to ${path}`,
        why: cause.message,
        hint: `name a file that can be written with --result=${name}=PATH`,
        cause,
      });
    });
  }
  if (size <= roomOfResults) return undefined;
  return `the results take ${size} bytes and Tekton keeps about 4096 of a TaskRun: read build_result.json instead`;
}
