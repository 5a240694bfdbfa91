import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is a directory or in it, as text: symbolic links are to be resolved before. */
export function within(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
