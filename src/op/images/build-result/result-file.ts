import { constants } from 'node:fs';
import { access, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import type { BuildResult, BuiltImage } from './build-result.js';
import { formatBuildResult, parseBuildResult } from './parse.js';

/**
 * Reads a build result file in any form that earlier versions wrote, see `parseBuildResult`.
 * @throws OpError (input) when the file is missing, is not JSON, or is not a build result; says where in the file
 */
export async function readBuildResult(path: string): Promise<BuildResult> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read ${path}`,
      why: error.code === 'ENOENT' ? 'the file does not exist: no build has succeeded here yet' : error.message,
      hint: 'run op push first, or name the file with --build-result',
      cause: error,
    });
  });
  return parseBuildResult(path, text);
}

/** Writes a build result whole or not at all. */
export const writeBuildResult = (path: string, images: readonly BuiltImage[]) =>
  writeAtomic(path, formatBuildResult(images));

const forBuildResult = 'name a writable file with --build-result, or write none with --no-file-output';

/**
 * Removes the result of an earlier run, so that it cannot be mistaken for the result of this one, and creates its directory: so a
 * path that cannot be written is reported now, not at the end of a long build.
 * @param hint names the flag that the path is given with
 * @throws OpError (input) when the file cannot be written
 */
export async function clearResult(path: string, hint = forBuildResult): Promise<void> {
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
