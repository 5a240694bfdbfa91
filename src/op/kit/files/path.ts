import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is a directory or in it, as text: symbolic links are to be resolved before. */
export function within(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** A path as a person at `cwd` would type it: from there when it is inside, else as it is. */
export const shownPath = (cwd: string, path: string): string =>
  within(cwd, path) ? relative(cwd, path) || path : path;
