import { constants } from 'node:fs';
import { access, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inputError } from '../errors/op-error.js';

/**
 * Removes the list of an earlier build, so that nobody takes it for the result of the one that begins, and finds out now, not
 * after a long build, whether a new one can be written.
 * @throws OpError (input) when it cannot
 */
export async function makeRoom(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    throw inputError({
      what: `cannot write ${path}`,
      why: cause instanceof Error ? cause.message : String(cause),
      todo: 'name a file that can be written with --build-result, or leave it out with --no-file-output',
      cause,
    });
  }
}
