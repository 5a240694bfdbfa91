import { chmod, chown, mkdir, readdir, realpath, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { inside } from './inside.js';
import { refuseLinks } from './settle.js';
import { removeTree } from './unpack.js';

/**
 * Where op finds the volume that is at /layers in the builder's container. The root of a volume belongs to root, and the parents of a
 * layer are in the layer: so op's own phases find it a directory deeper, at /layers too by a symbolic link of op's image.
 */
const volume = '/layers-volume';
/** The layers, while they are op's turn. */
export const ownLayers = join(volume, '.export');

/**
 * Empties what op and the builder's container share.
 * @throws OpError (input) when op is not in such a container
 */
export async function clearVolumes(context: Context, exchange: string): Promise<void> {
  if ((await realpath(inside.app).catch(() => '')) !== inside.app) throw notThisPod();
  if ((await realpath(volume).catch(() => '')) !== volume) throw notThisPod();
  await empty(context, inside.app);
  await empty(context, volume);
  await empty(context, exchange, ['about', 'requests']);
  await makeOwnLayers();
  if ((await realpath(inside.layers).catch(() => '')) !== ownLayers) throw notThisPod();
}

/** Lets the builder's container have the layers. */
export async function lendLayers(context: Context): Promise<void> {
  await moveAll(ownLayers, volume);
  await removeTree(context, ownLayers);
}

/** Takes the layers back, once nothing runs there any more. @throws OpError (tool) for symbolic links in the wrong places */
export async function takeLayersBack(context: Context): Promise<void> {
  // Whatever stands there is not op's.
  await removeTree(context, ownLayers);
  await makeOwnLayers();
  await moveAll(volume, ownLayers);
  await refuseLinks(ownLayers);
}

/** With the owner and the mode that the parents of layers have everywhere. */
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

const notThisPod = () =>
  inputError({
    what: 'cannot build with buildpacks in this container',
    why: `${inside.app} and ${volume} are not the volumes that the Tasks of octopipeline have, or ${inside.layers} does not lead there`,
    hint: 'use the Tasks and the image of octopipeline for --builder-container, or leave it out',
  });
