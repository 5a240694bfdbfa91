import { mkdir, mkdtemp, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { removeTree } from '../../kit/files/remove-tree.js';
import { parseJson } from '../../kit/json/parse-json.js';
import type { RegistryAccess } from '../registry/crane.js';
import { formatReference, type Reference } from '../registry/reference.js';
import { architecture, imageConfig, unpackImage } from './unpack-image.js';

/** An image that is unpacked on this machine. */
export interface ImageFiles {
  /** Its file system; nobody may write to it. */
  readonly root: string;
  readonly config: ImageConfig;
}

/** What an image says about how it is run. Source: OCI image specification, config.md. */
export interface ImageConfig {
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `USER`, `UID`, `USER:GROUP` and so on; empty for root. */
  readonly user: string;
  readonly workingDir: string;
}

const words = v.optional(v.nullable(v.array(v.string())));
const text = v.optional(v.string(), '');
const configShape = v.looseObject({
  config: v.optional(v.looseObject({ Env: words, Entrypoint: words, Cmd: words, User: text, WorkingDir: text }), {}),
});

/** An image that was not used for this long is removed: it can be larger than a gigabyte. */
const keptFor = 30 * 24 * 60 * 60 * 1000;

/**
 * The image of a digest, unpacked in a cache directory: once, whoever asks for it at the same time.
 * @param prepare changes the unpacked file system before anybody sees it
 * @throws OpError (input) for a configuration that is not valid; (tool) if the image cannot be fetched
 */
export async function keepImage(
  context: Context,
  access: RegistryAccess,
  cache: string,
  image: Reference & { readonly digest: string },
  prepare: (root: string) => Promise<void> = async () => undefined,
): Promise<ImageFiles> {
  const directory = join(cache, `${image.digest.replace(':', '-')}-${architecture}`);
  if (!(await exists(directory))) {
    await unpackInto(context, access, image, directory, prepare);
    await removeOld(context, cache, directory);
  }
  const now = context.now();
  await utimes(directory, now, now);
  return { root: join(directory, 'root'), config: await readImageConfig(image, directory) };
}

/** Unpacks into a temporary directory, then renames it. */
async function unpackInto(
  context: Context,
  access: RegistryAccess,
  image: Reference,
  directory: string,
  prepare: (root: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  const temporary = await mkdtemp(`${directory}.`);
  try {
    context.log.progress(`fetching the image ${formatReference(image)}`);
    await writeFile(join(temporary, 'config.json'), await imageConfig(context, access, image));
    const root = join(temporary, 'root');
    await unpackImage(context, access, image, root);
    await prepare(root);
    await rename(temporary, directory);
  } catch (error) {
    await removeTree(context, temporary);
    const isThere =
      error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
    if (!isThere) throw error;
  }
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

async function readImageConfig(image: Reference, directory: string): Promise<ImageConfig> {
  const path = join(directory, 'config.json');
  const read = parseJson(configShape, await readFile(path, 'utf8'));
  if (read === undefined) {
    throw inputError({
      what: `cannot use the image ${formatReference(image)}`,
      why: `its configuration ${path} is not valid`,
      hint: `remove ${directory}, so that op fetches the image again`,
    });
  }
  const { Env, Entrypoint, Cmd, User, WorkingDir } = read.config;
  const variables = (Env ?? []).map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return {
    env: Object.fromEntries(variables),
    entrypoint: Entrypoint ?? [],
    cmd: Cmd ?? [],
    user: User ?? '',
    workingDir: WorkingDir ?? '',
  };
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
