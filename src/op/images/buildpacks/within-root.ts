import { realpath, stat } from 'node:fs/promises';
import { inputError } from '../../kit/errors/op-error.js';
import { within } from '../../kit/files/path.js';

/** Something of the repository that a build reads. */
interface Wanted {
  /** Absolute. */
  readonly path: string;
  /** As a person would say it: `the context of web`. */
  readonly what: string;
  /** The directory that it must be in. */
  readonly root: string;
}

/**
 * The real path of a file or directory of the repository.
 * @returns undefined when it is not there
 * @throws OpError (input) when it is, through symbolic links or not, outside the repository
 */
export async function realPathWithin({ path, what, root }: Wanted): Promise<string | undefined> {
  const real = await realpath(path).catch(absent);
  if (real === undefined) return undefined;
  const realRoot = await realpath(root);
  if (within(realRoot, real)) return real;
  throw inputError({
    what: `${what} is outside the repository`,
    why: real === path ? `${path} is not in ${root}` : `${path} leads to ${real}, which is not in ${root}`,
    hint: 'name a path inside it, or name the repository with --directory',
  });
}

/** @throws OpError (input) when it is no directory of the repository */
export async function directoryWithin(wanted: Wanted, hint: string): Promise<string> {
  const real = await realPathWithin(wanted);
  if (real !== undefined && (await stat(real)).isDirectory()) return real;
  throw inputError({
    what: `cannot read ${wanted.what}`,
    why: `${wanted.path} ${real === undefined ? 'does not exist' : 'is not a directory'}`,
    hint,
  });
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
