import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../../kit/files/make-directory.js';
import { syncFolder } from '../../kit/files/sync-folder.js';

/** The path of a folder below `root`; undefined when it does not exist. @throws Error for a symbolic link or a file on the way */
export async function walkTo(root: string, names: readonly string[]): Promise<string | undefined> {
  const paths = names.map((_, index) => join(root, ...names.slice(0, index + 1)));
  // All at once: a process that gets little time may wait a second for each answer, and has a lock to renew. The first that is odd counts.
  const found = await Promise.allSettled(paths.map((path) => lstat(path)));
  for (const [index, one] of found.entries()) {
    if (one.status === 'rejected') {
      if (one.reason instanceof Error && 'code' in one.reason && one.reason.code === 'ENOENT') return undefined;
      throw one.reason;
    }
    if (!one.value.isDirectory()) {
      throw new Error(`${paths[index]} is not a folder: op follows no symbolic links in a store`);
    }
  }
  return paths.at(-1) ?? root;
}

/** The path of a folder below `root`, which is made when it does not exist. @throws Error for a symbolic link or a file on the way */
export async function makeFolder(root: string, names: readonly string[]): Promise<string> {
  const found = await walkTo(root, names);
  if (found !== undefined) return found;
  const made = await makeDirectory(join(root, ...names));
  // Everything from the first folder that is new, so that it is still there after a crash of the machine.
  for (let path = join(root, ...names); made !== undefined && path.length >= made.length; path = dirname(path)) {
    await syncFolder(dirname(path));
  }
  return (await walkTo(root, names)) ?? join(root, ...names);
}
