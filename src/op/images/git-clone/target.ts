import type { Dirent } from 'node:fs';
import { chmod, lstat, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, refusedError } from '../../kit/errors/op-error.js';

/**
 * Makes sure that the directory to clone into exists, and that no symbolic link on the way leads elsewhere: an earlier run may
 * have left one in a workspace.
 * @returns its real path
 * @throws OpError (refused) for a symbolic link, (input) when it cannot be made
 */
export async function openTarget(
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
      hint: 'give a directory that this user can write to; for a volume in a pod, fsGroup: 65532 in podTemplate.securityContext',
      cause: error,
    });
  }
}

const symbolicLink = (path: string) =>
  refusedError({
    what: `${path} is a symbolic link`,
    why: 'it could lead out of the workspace, and its target would be overwritten',
    hint: 'remove it, or name the directory that it leads to',
  });

/**
 * Empties a directory: not the directory itself, which may be where a volume is mounted, and never through a symbolic link.
 * @throws OpError (refused) for the root or a home directory, (input) when something cannot be deleted
 */
export async function emptyDirectory(context: Context, path: string): Promise<number> {
  const home = await realpath(context.env.HOME || homedir()).catch(() => '/');
  if (!/^\.\.(?:\/|$)/u.test(relative(path, home))) {
    throw refusedError({
      what: `${path} would be emptied`,
      why: 'it is the home directory, or holds it',
      hint: 'give another --destination, or a --subdirectory',
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
    // Go's module cache and others leave directories that even their owner cannot write to.
    await makeWritable(path).catch(() => {});
    await rm(path, { recursive: true, force: true }).catch((error: NodeJS.ErrnoException) => {
      // The file system's own folder at the root of a volume; nothing of a repository is ever in it.
      if (entry.name === 'lost+found') return;
      throw inputError({
        what: `cannot delete ${error.path ?? path}`,
        why: `${error.code ?? error.message}: it was left by an earlier run, perhaps of another user`,
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
