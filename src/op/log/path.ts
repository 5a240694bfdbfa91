import { relative } from 'node:path';

/** A path as a person at `cwd` would type it: from there when it is inside, else as it is. */
export function shownPath(cwd: string, path: string): string {
  const way = relative(cwd, path);
  return way === '' || way === '..' || way.startsWith('../') ? path : way;
}
