import { chmod, chown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toolError } from '../../kit/errors/op-error.js';

/**
 * Takes from directories what a volume of a pod has put on them: the setgid bit, and with it another group. Both would be in the layers,
 * and make other digests of the same files. The directory itself is left as it is.
 * @throws OpError (tool) for a directory that cannot be read: the exporter could not pack it either
 */
export async function settle(directory: string, group: number): Promise<void> {
  for (const entry of await list(directory)) {
    if (!entry.isDirectory()) continue;
    const path = join(directory, entry.name);
    await settleOne(path, group);
    await settle(path, group);
  }
}

async function settleOne(path: string, group: number): Promise<void> {
  const { mode, uid, gid } = await lstat(path);
  // In this order: changing the group may clear bits, too.
  if (gid !== group) await chown(path, uid, group);
  if (mode & 0o7000) await chmod(path, mode & 0o777);
}

/**
 * Refuses symbolic links where the phases that hold credentials go by names: through them they would read or write somewhere else.
 * @throws OpError (tool) that names the first
 */
export async function refuseLinks(layers: string): Promise<void> {
  for (const entry of await list(layers)) {
    const path = join(layers, entry.name);
    if (entry.isSymbolicLink()) throw isLink(path);
    if (!entry.isDirectory()) continue;
    const link = (await list(path)).find((inner) => inner.isSymbolicLink());
    if (link !== undefined) throw isLink(join(path, link.name));
  }
}

async function list(directory: string) {
  return readdir(directory, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'EACCES' ? isClosed(directory, cause) : cause;
  });
}

const isClosed = (path: string, cause: unknown) =>
  toolError({
    what: `the buildpacks left the directory ${path}, which its owner may not read`,
    why: 'what is in the image has to be read to be packed',
    hint: 'have the buildpack, or the build of the application, give it a mode such as 0755, or take it away',
    cause,
  });

const isLink = (path: string) =>
  toolError({
    what: `the buildpacks made ${path} a symbolic link`,
    why: 'a layer, and the description of one, must be what it is: the phases that hold credentials do not go through links there',
    hint: 'look at what the buildpacks of this builder, and the build of the application, do to it',
  });
