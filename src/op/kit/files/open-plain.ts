import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder or a file is not what it must be, such as a symbolic link. */
export class NotPlain extends Error {}

/**
 * Opens a file below a directory whose content somebody else has made: every name must be a real folder, the last one a regular file. Links
 * are not followed, and what would block, such as a pipe, is not waited for.
 * @param names of the folders and the file; they must be known to be names
 * @throws NotPlain, or what the file system says
 */
export async function openPlain(root: string, names: readonly string[]): Promise<FileHandle> {
  await checkFolders(root, names.slice(0, -1));
  const path = join(root, ...names);
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ELOOP' ? new NotPlain('it is a symbolic link') : error;
    },
  );
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new NotPlain('it is not a regular file');
}

/** @throws NotPlain when one of them is a link or a file, or what the file system says */
export async function checkFolders(root: string, names: readonly string[]): Promise<void> {
  let path = root;
  for (const name of names) {
    path = join(path, name);
    if (!(await lstat(path)).isDirectory()) throw new NotPlain(`${name} is not a folder, or a link to one`);
  }
}
