import type { Dirent } from 'node:fs';
import { chmod, lstat, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, refusedError } from '../../kit/errors/op-error.js';

/**
 * Makes sure that the directory to clone into exists, and that no symbolic link on the path leads elsewhere: an earlier run may have
 * left one in a workspace.
 * @returns its real path
 * @throws OpError (refused) for a symbolic link, (input) if it cannot be created
 */
export async function openDestination(
  context: Context,
  destination: string,
  subdirectory: readonly string[],
): Promise<string> {
  let path = resolve(context.cwd, destination);
  await makeDirectory(path, true);
  for (const part of subdirectory) {
    path = join(path, part);
    await makeDirectory(path, false);
  }
  return realpath(path);
}

async function makeDirectory(path: string, parents: boolean): Promise<void> {
  try {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink()) throw symbolicLink(path);
    if (found?.isDirectory()) return;
    await mkdir(path, { recursive: parents });
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error) throw error;
    throw inputError({
      what: `cannot clone into ${path}`,
      why: error instanceof Error ? error.message : String(error),
      hint: 'use a directory that this user can write to; for a volume in a pod, set fsGroup: 65532 in podTemplate.securityContext',
      cause: error,
    });
  }
}

const symbolicLink = (path: string) =>
  refusedError({
    what: `${path} is a symbolic link`,
    why: 'it could point outside the workspace, and its target would be overwritten',
    hint: 'remove it, or use the directory that it points to',
  });

/**
 * Empties a directory. The directory itself, which may be a mount point, stays; symbolic links are never followed.
 * @throws OpError (refused) for the root or a home directory, (input) if something cannot be deleted
 */
export async function emptyDirectory(context: Context, path: string): Promise<number> {
  const home = await realpath(context.env.HOME || homedir()).catch(() => '/');
  if (!/^\.\.(?:\/|$)/u.test(relative(path, home))) {
    throw refusedError({
      what: `refusing to empty ${path}`,
      why: 'it is the home directory, or contains it',
      hint: 'use another --destination, or a --subdirectory',
    });
  }
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) await remove(path, entry);
  return entries.length;
}

async function remove(directory: string, entry: Dirent): Promise<void> {
  const path = join(directory, entry.name);
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (first) {
    // Go's module cache and others leave directories that not even their owner can write to.
    await makeWritable(path).catch(() => {});
    await rm(path, { recursive: true, force: true }).catch((error: NodeJS.ErrnoException) => {
      // The file system's own directory at the root of a volume; it never holds files of a repository.
      if (entry.name === 'lost+found') return;
      throw inputError({
        what: `cannot delete ${error.path ?? path}`,
        why: `${error.code ?? error.message}: an earlier run, perhaps of another user, left it`,
        hint: 'use an empty workspace or a --subdirectory, or set fsGroup in the podTemplate of the run',
        cause: first,
      });
    });
  }
}

async function makeWritable(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await readdir(path)) await makeWritable(join(path, entry));
}
