import { inputError, usageError } from '../errors/op-error.js';
import { writeAtomic } from '../files/write-atomic.js';
import { containersOfPod, emptiedToFit, messageBytes, messageLimit, outputsForTekton } from './message.js';

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

/**
 * Writes the requested outputs, without a trailing newline: Tekton passes a result on verbatim. The longest is empty if no step may have them all.
 * @returns a warning if together they are larger than what a pod can hand on
 * @throws OpError (input) for a path that cannot be written
 */
export async function writeResults(
  paths: ResultPaths,
  outputs: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const { outputs: given, emptied } = emptiedToFit(paths, outputs);
  for (const [name, path] of Object.entries(paths)) {
    const value = given[name] ?? '';
    await writeAtomic(path, value).catch((cause: NodeJS.ErrnoException) => {
      throw inputError({
        what: `cannot write the output ${name} to ${path}`,
        why: cause.message,
        hint: `use a writable file: --result=${name}=PATH`,
        cause,
      });
    });
  }
  if (emptied.length > 0) {
    return `${emptied.join(' and ')} ${emptied.length === 1 ? 'is' : 'are'} empty: too long for the results of a TaskRun`;
  }
  const handedOn = outputsForTekton(paths, outputs);
  const size = handedOn === undefined ? 0 : messageBytes(handedOn);
  if (size <= messageLimit) return undefined;
  return `the results have ${size} bytes, and a container of ${containersOfPod} in a pod can hand on ${messageLimit}: they may be lost`;
}
