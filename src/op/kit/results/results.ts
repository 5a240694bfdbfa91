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
        why:
          split < 1 || split === value.length - 1
            ? 'it must be NAME=PATH: op writes the output NAME to the file PATH'
            : `the command has no output "${name}"`,
        hint: `use one of the outputs ${known.join(', ')}`,
      });
    }
    paths[name] = value.slice(split + 1);
  }
  return paths;
}

/** A command that fails, but has outputs nevertheless: they are written, and then it ends with the failure. */
export class FailedWithOutputs extends Error {
  readonly outputs: Readonly<Record<string, string>>;
  readonly failure: unknown;

  constructor(outputs: Readonly<Record<string, string>>, failure: unknown) {
    super('the command has failed', { cause: failure });
    this.outputs = outputs;
    this.failure = failure;
  }
}

/** Bytes. Tekton keeps about 4 kB of results per TaskRun, including its own bookkeeping. */
const sizeLimit = 3072;

/**
 * Writes the requested outputs, without a trailing newline: Tekton passes a result on verbatim.
 * @returns a warning if together they are larger than what Tekton keeps
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
        hint: `use a writable file: --result=${name}=PATH`,
        cause,
      });
    });
  }
  if (size <= sizeLimit) return undefined;
  return `the results have ${size} bytes, and Tekton keeps about 4096 per TaskRun: read build_result.json instead`;
}
