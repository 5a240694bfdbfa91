import { isAbsolute, join, relative, sep } from 'node:path';
import { inputError } from '../errors/op-error.js';

/** Whether a path is the directory or inside it. It compares text: resolve symbolic links first. */
export function within(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * The path of an entry of a directory, for a name that somebody else has chosen.
 * @throws OpError (input) for a name that is a path, such as `../x`
 */
export function entryOf(directory: string, name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/u.test(name)) return join(directory, name);
  throw inputError({
    what: `${JSON.stringify(name)} is not the name of a file`,
    why: 'it would be a file somewhere else',
    hint: 'use letters, digits, "-", "_" and "."',
  });
}

/** A path as one would type it in `cwd`: relative if it is inside, otherwise unchanged. */
export const shownPath = (cwd: string, path: string): string =>
  within(cwd, path) ? relative(cwd, path) || path : path;
