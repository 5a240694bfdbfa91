import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../../context.js';
import { inputError } from '../../../kit/errors/op-error.js';
import { parseJson } from '../../../kit/json/parse-json.js';
import { lookUp, type RegistryAccess } from '../../../systems/registry/crane.js';
import { parseReference, type Reference } from '../../../systems/registry/reference.js';
import { pathInImage } from '../files/image-path.js';
import { architecture, imageConfig, removeTree, unpackImage } from '../files/unpack-image.js';
import { cannotBeABuilder, notABuilder } from '../specification/builder.js';
import { mountPoints } from './bwrap.js';

/** A builder image on this machine. */
export interface BuilderImage {
  /** Its file system. */
  readonly root: string;
  /** The variables of its configuration. */
  readonly env: Readonly<Record<string, string>>;
}

const configShape = v.looseObject({ config: v.looseObject({ Env: v.optional(v.array(v.string()), []) }) });

/** A builder that was not used for this long is removed: it can be larger than a gigabyte. */
const keptFor = 30 * 24 * 60 * 60 * 1000;

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
  const directory = join(cache, `${found.digest.replace(':', '-')}-${architecture}`);
  if (!(await exists(directory))) {
    const { tag: _, ...rest } = reference;
    await unpackInto(context, access, { ...rest, digest: found.digest }, image, directory);
    await removeOld(context, cache, directory);
  }
  const now = context.now();
  await utimes(directory, now, now);
  return { root: join(directory, 'root'), env: await readEnv(image, directory) };
}

/** Unpacks into a temporary directory, then renames it: two builds may need the same builder at the same time. */
async function unpackInto(context: Context, access: RegistryAccess, image: Reference, name: string, directory: string) {
  await mkdir(join(directory, '..'), { recursive: true });
  const temporary = await mkdtemp(`${directory}.`);
  try {
    context.log.progress(`fetching the builder ${name}`);
    await writeFile(join(temporary, 'config.json'), await imageConfig(context, access, image));
    const root = join(temporary, 'root');
    await unpackImage(context, access, image, root);
    const lifecycle = await pathInImage(root, 'cnb/lifecycle/lifecycle.toml');
    if (lifecycle === undefined || !(await exists(lifecycle))) throw notABuilder(name, true);
    await makeMountPoints(name, root);
    await rename(temporary, directory);
  } catch (error) {
    await removeTree(context, temporary);
    const isThere =
      error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
    if (!isThere) throw error;
  }
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

async function removeOld(context: Context, cache: string, except: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    // A temporary directory of another op may be renamed by now.
    const found = await stat(path).catch(() => undefined);
    const old = found !== undefined && found.mtimeMs < context.now().getTime() - keptFor;
    if (old && path !== except) await removeTree(context, path);
  }
}

async function readEnv(image: string, directory: string): Promise<Readonly<Record<string, string>>> {
  const path = join(directory, 'config.json');
  const read = parseJson(configShape, await readFile(path, 'utf8'));
  if (read === undefined) {
    throw inputError({
      what: `cannot use the builder ${image}`,
      why: `its configuration ${path} is not valid`,
      hint: `remove ${directory}, so that op fetches the builder again`,
    });
  }
  return Object.fromEntries(
    read.config.Env.map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
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
