import { constants } from 'node:fs';
import { chmod, chown, lstat, open, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { toolError } from '../../../kit/errors/op-error.js';

/** The largest file that op reads from there, in bytes; real ones are much smaller. */
const longest = 16 * 1024 * 1024;

/**
 * Reads a file in a directory that the code of buildpacks can write to: never through a symbolic link, which could lead to files that only
 * op may see, and never from a pipe.
 * @returns undefined if the file does not exist
 * @throws OpError (tool) if it is not a regular file of a reasonable size
 */
export async function readUntrusted(path: string): Promise<string | undefined> {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  try {
    if ((await realpath(path)) !== path) throw tampered(path, 'its path has a symbolic link');
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile()) throw tampered(path, 'it is not a file');
    if (found.size > longest) throw tampered(path, `it has ${found.size} bytes`);
    return await handle.readFile('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  } finally {
    await handle?.close();
  }
}

const tampered = (path: string, why: string) =>
  toolError({
    what: `${path} is not a valid file of the builder`,
    why,
    hint: 'check what the buildpacks of this builder, and the build of the application, do to it',
  });

/**
 * Removes what a volume of a pod adds to directories: the setgid bit, and with it another group. Both would be part of the layers, and
 * give different digests for the same files. The directory itself is not changed.
 * @throws OpError (tool) for a directory that cannot be read: the exporter could not pack it either
 */
export async function clearSetgid(directory: string, group: number): Promise<void> {
  for (const entry of await list(directory)) {
    if (!entry.isDirectory()) continue;
    const path = join(directory, entry.name);
    await clearSetgidOf(path, group);
    await clearSetgid(path, group);
  }
}

async function clearSetgidOf(path: string, group: number): Promise<void> {
  const { mode, uid, gid } = await lstat(path);
  // In this order: changing the group may clear mode bits too.
  if (gid !== group) await chown(path, uid, group);
  if (mode & 0o7000) await chmod(path, mode & 0o777);
}

/**
 * Refuses symbolic links at paths that the phases with credentials open by name: they would read or write other files through them.
 * @throws OpError (tool) that names the first link
 */
export async function refuseSymbolicLinks(layers: string): Promise<void> {
  for (const entry of await list(layers)) {
    const path = join(layers, entry.name);
    if (entry.isSymbolicLink()) throw isLink(path);
    if (!entry.isDirectory()) continue;
    const link = (await list(path)).find((inner) => inner.isSymbolicLink());
    if (link !== undefined) throw isLink(join(path, link.name));
  }
}

/**
 * The same at every depth, for directories in which those phases also write or read below the paths that they open by name.
 * @throws OpError (tool) that names the first link
 */
export async function refuseNestedLinks(directory: string): Promise<void> {
  for (const entry of await list(directory)) {
    const path = join(directory, entry.name);
    if (entry.isSymbolicLink()) throw isLink(path);
    if (entry.isDirectory()) await refuseNestedLinks(path);
  }
}

/** Empty if there is no such directory. */
async function list(directory: string) {
  return readdir(directory, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw cause.code === 'EACCES' ? isClosed(directory, cause) : cause;
  });
}

const isClosed = (path: string, cause: unknown) =>
  toolError({
    what: `the buildpacks left the directory ${path}, which its owner may not read`,
    why: 'op must read every file of the image to pack it',
    hint: 'change the buildpack, or the build of the application, to set a mode such as 0755 or to remove it',
    cause,
  });

const isLink = (path: string) =>
  toolError({
    what: `the buildpacks made ${path} a symbolic link`,
    why: 'the phases with credentials read and write files at this path, and would follow the link',
    hint: 'check what the buildpacks of this builder, and the build of the application, do to it',
  });
