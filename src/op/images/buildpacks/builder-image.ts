import { mkdir, mkdtemp, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { type Access, lookUp } from '../../systems/registry/crane.js';
import { parseReference, type Reference } from '../../systems/registry/reference.js';
import { notABuilder } from './builder.js';
import { mountPoints } from './sandbox.js';
import { architecture, imageConfig, removeTree, unpackImage } from './unpack.js';

/** A builder image on this machine. */
export interface BuilderImage {
  /** Its file system. */
  readonly root: string;
  /** The variables of its configuration. */
  readonly env: Readonly<Record<string, string>>;
}

const configShape = v.looseObject({ config: v.looseObject({ Env: v.optional(v.array(v.string()), []) }) });

/** A builder that nothing was built with for so long is taken away: it is easily a gigabyte. */
const keptFor = 30 * 24 * 60 * 60 * 1000;

/**
 * Gets a builder image, from the cache if its digest is there.
 * @throws OpError (input) for an image that is not there or no builder; (tool) when its registry cannot be used
 */
export async function getBuilder(
  context: Context,
  access: Access,
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
    const { tag: _, ...place } = reference;
    await unpackInto(context, access, { ...place, digest: found.digest }, image, directory);
    await removeOld(context, cache, directory);
  }
  const now = context.now();
  await utimes(directory, now, now);
  return { root: join(directory, 'root'), env: await readEnv(directory) };
}

/** Unpacks beside and moves into place: two builds may want the same builder at the same time. */
async function unpackInto(context: Context, access: Access, image: Reference, name: string, directory: string) {
  await mkdir(join(directory, '..'), { recursive: true });
  const apart = await mkdtemp(`${directory}.`);
  try {
    context.log.progress(`getting the builder ${name}`);
    await writeFile(join(apart, 'config.json'), await imageConfig(context, access, image));
    const root = join(apart, 'root');
    await unpackImage(context, access, image, root);
    if (!(await exists(join(root, 'cnb/lifecycle/lifecycle.toml')))) throw notABuilder(name, true);
    for (const path of mountPoints.directories) await mkdir(join(root, path), { recursive: true });
    for (const path of mountPoints.files) await writeFile(join(root, path), '', { flag: 'a' });
    await rename(apart, directory);
  } catch (error) {
    await removeTree(context, apart);
    const made = error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
    if (!made) throw error;
  }
}

async function removeOld(context: Context, cache: string, except: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    // One that another op is unpacking may be in place by now.
    const found = await stat(path).catch(() => undefined);
    const old = found !== undefined && found.mtimeMs < context.now().getTime() - keptFor;
    if (old && path !== except) await removeTree(context, path);
  }
}

async function readEnv(directory: string): Promise<Readonly<Record<string, string>>> {
  const { config } = v.parse(configShape, JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')));
  return Object.fromEntries(
    config.Env.map((pair) => {
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
    what: `there is no builder ${image}`,
    why,
    hint: 'correct builder in skaffold.yaml or project.toml, or --builder; with a private registry, give credentials',
    cause,
  });
