import { readFile } from 'node:fs/promises';
import { inputError } from '../../kit/errors/op-error.js';
import type { BuildResult } from './build-result.js';
import { parseBuildResult } from './parse.js';

/**
 * Reads a build result file: every form that earlier versions wrote, see `parseBuildResult`.
 * @throws OpError (input) when the file is missing, is no JSON, or is not a build result; says where in the file
 */
export async function readBuildResult(path: string): Promise<BuildResult> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read ${path}`,
      why: error.code === 'ENOENT' ? 'there is no such file: no build has succeeded here yet' : error.message,
      hint: 'run op push first, or name the file with --build-result',
      cause: error,
    });
  });
  return parseBuildResult(path, text);
}
