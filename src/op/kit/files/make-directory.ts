import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory, and those above it that are not there. Node's own `recursive` does not end where the system takes no new directory,
 * as in /proc (Node 20 to 24).
 * @returns the first that is new; undefined if all were there
 */
export async function makeDirectory(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const above = dirname(path);
    if (code === 'EEXIST' && (await isDirectory(path))) return undefined;
    if (code !== 'ENOENT' || above === path) throw error;
    // Somebody else may have made the one above in between. When it still does not work, the system takes none there.
    const first = (await isDirectory(above)) ? undefined : await makeDirectory(above);
    const own = await makeLast(path);
    return first ?? own;
  }
}

async function makeLast(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await isDirectory(path))) return undefined;
    throw error;
  }
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
