import { constants } from 'node:fs';
import { access, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';

const forBuildResult = 'name a file that can be written with --build-result, or leave it out with --no-file-output';

/**
 * Removes the result of an earlier run, so that nobody takes it for that of the one that begins, and finds out now, not
 * after a long time, whether a new one can be written.
 * @param hint names the flag that the path is given with
 * @throws OpError (input) when it cannot
 */
export async function makeRoom(path: string, hint = forBuildResult): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    throw inputError({
      what: `cannot write ${path}`,
      why: cause instanceof Error ? cause.message : String(cause),
      hint,
      cause,
    });
  }
}
