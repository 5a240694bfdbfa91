import { chmod, chown, mkdir, readdir, realpath, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../../context.js';
import { inputError } from '../../../kit/errors/op-error.js';
import { removeTree } from '../../../kit/files/remove-tree.js';
import { refuseSymbolicLinks } from '../files/untrusted-files.js';
import { phasePaths } from './phase-runner.js';

/**
 * Where op mounts the volume that is /layers in the builder's container. The root of a volume belongs to root, and a layer includes its
 * parent directories: so op's own phases use a subdirectory, which is also /layers through a symbolic link in op's image.
 */
const volume = '/layers-volume';
/** The layers, while op's own phases use them. */
export const ownLayers = join(volume, '.export');

/**
 * Empties the volumes that op and the builder's container share.
 * @throws OpError (input) if op does not run in such a pod
 */
export async function clearVolumes(context: Context, exchange: string): Promise<void> {
  if ((await realpath(phasePaths.app).catch(() => '')) !== phasePaths.app) throw notInThisPod();
  if ((await realpath(volume).catch(() => '')) !== volume) throw notInThisPod();
  await empty(context, phasePaths.app);
  await empty(context, volume);
  await empty(context, exchange, ['about', 'requests']);
  await makeOwnLayers();
  if ((await realpath(phasePaths.layers).catch(() => '')) !== ownLayers) throw notInThisPod();
}

/** Moves the layers to where the builder's container sees them. */
export async function lendLayers(context: Context): Promise<void> {
  await moveAll(ownLayers, volume);
  await removeTree(context, ownLayers);
}

/** Takes the layers back when nothing runs in the builder any more. @throws OpError (tool) for symbolic links that are not allowed */
export async function takeLayersBack(context: Context): Promise<void> {
  // Anything at this path now was not created by op.
  await removeTree(context, ownLayers);
  await makeOwnLayers();
  await moveAll(volume, ownLayers);
  await refuseSymbolicLinks(ownLayers);
}

/** With the owner and mode that the parent directories of layers have on every host. */
async function makeOwnLayers(): Promise<void> {
  await mkdir(ownLayers);
  await chown(ownLayers, process.getuid?.() ?? -1, process.getgid?.() ?? -1);
  await chmod(ownLayers, 0o755);
}

/** Renames: both are on one volume. */
async function moveAll(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (join(from, name) !== ownLayers) await rename(join(from, name), join(to, name));
  }
}

async function empty(context: Context, directory: string, except: readonly string[] = []): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!except.includes(name)) await removeTree(context, join(directory, name));
  }
}

const notInThisPod = () =>
  inputError({
    what: 'cannot build with buildpacks in this container',
    why: `${phasePaths.app} and ${volume} are not the volumes of octopipeline's Tasks, or ${phasePaths.layers} is not a link to them`,
    hint: 'use --builder-container only with the Tasks and the image of octopipeline, or leave it out',
  });
