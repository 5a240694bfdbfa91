import { lstat, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../../context.js';
import { inputError } from '../../../kit/errors/op-error.js';
import { pathInImage } from '../../../kit/files/image-path.js';
import { keepImage } from '../../../systems/image-files/keep-image.js';
import { lookUp, type RegistryAccess } from '../../../systems/registry/crane.js';
import { parseReference } from '../../../systems/registry/reference.js';
import { cannotBeABuilder, notABuilder } from '../specification/builder.js';
import { mountPoints } from './bwrap.js';

/** A builder image on this machine. */
export interface BuilderImage {
  /** Its file system. */
  readonly root: string;
  /** The variables of its configuration. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Fetches a builder image, or finds its digest in the cache.
 * @throws OpError (input) for an image that does not exist or is not a builder; (tool) if its registry cannot be used
 */
export async function getBuilder(
  context: Context,
  access: RegistryAccess,
  cache: string,
  image: string,
): Promise<BuilderImage> {
  const reference = parseReference(image);
  if ('problem' in reference) throw noSuchBuilder(image, reference.problem);
  const found = await lookUp(context, access, reference);
  if ('problem' in found) {
    throw found.problem === 'absent' ? noSuchBuilder(image, found.error.why, found.error) : found.error;
  }
  const { tag: _, ...rest } = reference;
  const files = await keepImage(context, access, cache, { ...rest, digest: found.digest }, async (root) => {
    const lifecycle = await pathInImage(root, 'cnb/lifecycle/lifecycle.toml');
    if (lifecycle === undefined || !(await exists(lifecycle))) throw notABuilder(image, true);
    await makeMountPoints(image, root);
  });
  return { root: files.root, env: files.config.env };
}

/**
 * Makes the mount points in an unpacked image, and never through a symbolic link, which could lead out of it. What the image has at a
 * mount point cannot be seen in the sandbox, so links and files there are replaced; a link on the way to one is refused.
 */
async function makeMountPoints(name: string, root: string): Promise<void> {
  for (const path of mountPoints.directories) {
    await makeParents(name, root, path);
    if ((await kindOf(join(root, path))) === 'directory') continue;
    await rm(join(root, path), { force: true });
    await mkdir(join(root, path));
  }
  for (const path of mountPoints.files) {
    await makeParents(name, root, path);
    const kind = await kindOf(join(root, path));
    if (kind === 'file') continue;
    await rm(join(root, path), { force: true, recursive: kind === 'directory' });
    await writeFile(join(root, path), '', { flag: 'wx' });
  }
}

async function makeParents(name: string, root: string, path: string): Promise<void> {
  const parent = dirname(path);
  if (parent === '/') return;
  await makeParents(name, root, parent);
  const kind = await kindOf(join(root, parent));
  if (kind === undefined) await mkdir(join(root, parent));
  else if (kind !== 'directory') throw cannotBeABuilder(name, `its ${parent} is not a directory`);
}

async function kindOf(path: string): Promise<'directory' | 'file' | 'other' | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isDirectory() ? 'directory' : found.isFile() ? 'file' : 'other';
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

const noSuchBuilder = (image: string, why: string, cause?: unknown) =>
  inputError({
    what: `builder ${image} not found`,
    why,
    hint: 'correct builder in skaffold.yaml or project.toml, or --builder; a private registry needs credentials',
    cause,
  });
