import { realpath, stat } from 'node:fs/promises';
import { inputError } from '../../../kit/errors/op-error.js';
import { within } from '../../../kit/files/path.js';

/** A path in the repository that a build reads. */
interface RepositoryPath {
  /** Absolute. */
  readonly path: string;
  /** For messages, such as `the context of web`. */
  readonly what: string;
  /** The directory that it must be in. */
  readonly root: string;
  /** What to do when it is not. */
  readonly outside?: string | undefined;
}

/**
 * The real path of a file or directory of the repository.
 * @returns undefined if it does not exist
 * @throws OpError (input) if it is outside the repository, directly or through symbolic links
 */
export async function realPathWithin({
  path,
  what,
  root,
  outside = 'use a path inside the repository, or set the repository with --directory',
}: RepositoryPath): Promise<string | undefined> {
  const real = await realpath(path).catch(absent);
  if (real === undefined) return undefined;
  const realRoot = await realpath(root);
  if (within(realRoot, real)) return real;
  throw inputError({
    what: `${what} is outside the repository`,
    why: real === path ? `${path} is not in ${root}` : `${path} leads to ${real}, which is not in ${root}`,
    hint: outside,
  });
}

/** The real path of a directory of the repository. @throws OpError (input) if it is not one */
export async function directoryWithin(path: RepositoryPath, hint: string): Promise<string> {
  const real = await realPathWithin(path);
  if (real !== undefined && (await stat(real)).isDirectory()) return real;
  throw inputError({
    what: `cannot read ${path.what}`,
    why: `${path.path} ${real === undefined ? 'does not exist' : 'is not a directory'}`,
    hint,
  });
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
