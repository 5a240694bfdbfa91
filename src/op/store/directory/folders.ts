import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../kit/files/sync-folder.js';

/** The path of a folder below `root`; undefined when it does not exist. @throws Error for a symbolic link or a file on the way */
export async function walkTo(root: string, names: readonly string[]): Promise<string | undefined> {
  let path = root;
  for (const name of names) {
    path = join(path, name);
    const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (found === undefined) return undefined;
    if (!found.isDirectory()) throw new Error(`${path} is not a folder: op follows no symbolic links in a store`);
  }
  return path;
}

/** The path of a folder below `root`, which is made when it does not exist. @throws Error for a symbolic link or a file on the way */
export async function makeFolder(root: string, names: readonly string[]): Promise<string> {
  const found = await walkTo(root, names);
  if (found !== undefined) return found;
  const made = await mkdir(join(root, ...names), { recursive: true });
  // Everything from the first folder that is new, so that it is still there after a crash of the machine.
  for (let path = join(root, ...names); made !== undefined && path.length >= made.length; path = dirname(path)) {
    await syncFolder(dirname(path));
  }
  return (await walkTo(root, names)) ?? join(root, ...names);
}
