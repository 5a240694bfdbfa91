import { relative } from 'node:path';
import { within } from '../files/within.js';

/** A path as a person at `cwd` would type it: from there when it is inside, else as it is. */
export const shownPath = (cwd: string, path: string): string =>
  within(cwd, path) ? relative(cwd, path) || path : path;
