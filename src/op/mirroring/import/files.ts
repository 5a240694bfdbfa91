import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, usageError } from '../../kit/errors/op-error.js';
import { shownPath } from '../../kit/files/path.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';

/** The one file that a command was given. @throws OpError (usage) */
export function oneFile(command: string, words: readonly string[]): string {
  const [file, second] = words;
  if (file !== undefined && second === undefined) return file;
  throw usageError({
    what: `${command} takes one file`,
    why: file === undefined ? 'none was given' : `it was given ${words.length}: ${words.join(' ')}`,
    hint: `type ${command} FILE`,
  });
}

/** @throws OpError (input) */
export async function readInput({ cwd }: Pick<Context, 'cwd'>, file: string): Promise<string> {
  return await readFile(resolve(cwd, file), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read ${file}`,
      why: cause.code === 'ENOENT' ? 'no such file' : cause.message,
      hint: 'check the path',
      cause,
    });
  });
}

/** Prints a result, or writes it to a file that is not there yet. @throws OpError (input) */
export async function writeResult(
  { cwd, out, log }: Pick<Context, 'cwd' | 'out' | 'log'>,
  { output, force }: { readonly output?: string | undefined; readonly force: boolean },
  text: string,
): Promise<void> {
  if (output === undefined) {
    out(text);
    return;
  }
  const path = resolve(cwd, output);
  if (force) await writeAtomic(path, text);
  else {
    await writeFile(path, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
      throw inputError({
        what: `cannot write ${output}`,
        why: cause.code === 'EEXIST' ? 'it is there already' : cause.message,
        hint: cause.code === 'EEXIST' ? 'name another file, or overwrite it with --force' : 'check the path',
        cause,
      });
    });
  }
  log.step(`wrote ${shownPath(cwd, path)}`);
}
