import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** As many as Linux follows. */
const mostLinks = 40;

/**
 * Where a path of an image is in its unpacked file system. Symbolic links on the way lead where they lead in a container, even with an
 * absolute target or too many `..`: never out of the root. Nothing else may change the tree at the same time.
 * @param root the directory of the unpacked file system
 * @returns a path without links, which need not exist; undefined if the links form a circle
 */
export async function pathInImage(root: string, path: string): Promise<string | undefined> {
  const top = await realpath(root);
  let found = top;
  let links = 0;
  const ahead = wordsOf(path);
  for (let word = ahead.shift(); word !== undefined; word = ahead.shift()) {
    if (word === '..') {
      found = found === top ? top : dirname(found);
      continue;
    }
    const next = join(found, word);
    const entry = await lstat(next).catch(() => undefined);
    if (!entry?.isSymbolicLink()) {
      found = next;
      continue;
    }
    links += 1;
    if (links > mostLinks) return undefined;
    const target = await readlink(next);
    if (target.startsWith('/')) found = top;
    ahead.unshift(...wordsOf(target));
  }
  return found;
}

const wordsOf = (path: string) => path.split('/').filter((word) => word !== '' && word !== '.');
