import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';

/** As many as Linux follows. */
const mostLinks = 40;

/**
 * A path without the symbolic links of this machine, such as /var/run. Links that lead to nothing count, too: while bwrap makes its view, it
 * has directories that are not here, and would follow such a link out of the sandbox.
 * @throws OpError (input) for a circle
 */
export function followLinks(path: string): string {
  let found = '/';
  let links = 0;
  const ahead = wordsOf(path);
  for (let word = ahead.shift(); word !== undefined; word = ahead.shift()) {
    if (word === '..') {
      found = dirname(found);
      continue;
    }
    const next = join(found, word);
    const target = targetOf(next);
    if (target === undefined) {
      found = next;
      continue;
    }
    links += 1;
    if (links > mostLinks) throw circle(path);
    if (target.startsWith('/')) found = '/';
    ahead.unshift(...wordsOf(target));
  }
  return found;
}

/** Where a link leads; undefined for all else, and for what this user cannot look at: only links in /proc cannot be read by everybody. */
function targetOf(path: string): string | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

const wordsOf = (path: string) => path.split('/').filter((word) => word !== '' && word !== '.');

const circle = (path: string) =>
  inputError({
    what: `cannot use ${path} in a step`,
    why: 'symbolic links form a circle there',
    hint: 'use another path',
  });
