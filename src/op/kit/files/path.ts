import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is the directory or inside it. It compares text: resolve symbolic links first. */
export function within(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** A path as one would type it in `cwd`: relative if it is inside, otherwise unchanged. */
export const shownPath = (cwd: string, path: string): string =>
  within(cwd, path) ? relative(cwd, path) || path : path;
