import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { inputError } from '../kit/errors/op-error.js';
import { writeAtomic } from '../kit/files/write-atomic.js';
import { type ImageConfig, keepImage } from '../systems/image-files/keep-image.js';
import { lookUp, type RegistryAccess } from '../systems/registry/crane.js';
import { formatReference, parseReference, type Reference } from '../systems/registry/reference.js';

/** The user's own docker config, and registries of this machine, need no setting. */
const access: RegistryAccess = { insecure: [], env: {} };

/** An image on this machine, for the steps of a local run. */
export type LocalImage = { readonly root: string; readonly digest: string } & ImageConfig;

/**
 * Fetches an image, or finds its digest in the cache (`octopipeline/images` in XDG_CACHE_HOME). Without a network, a tag is what it was
 * when it was seen last, and op says so.
 * @throws OpError (input) for an image that does not exist; (tool) if its registry cannot be used
 */
export async function fetchLocalImage(context: Context, image: string): Promise<LocalImage> {
  const reference = parseReference(image);
  if ('problem' in reference) throw noSuchImage(image, reference.problem);
  const cache = join(
    context.env.XDG_CACHE_HOME || join(context.env.HOME || homedir(), '.cache'),
    'octopipeline',
    'images',
  );
  const digest = reference.digest ?? (await digestOf(context, cache, image, reference));
  const { tag: _, ...rest } = reference;
  const { root, config } = await keepImage(context, access, cache, { ...rest, digest });
  return { root, digest, ...config };
}

async function digestOf(context: Context, cache: string, image: string, reference: Reference): Promise<string> {
  const name = createHash('sha256').update(formatReference(reference)).digest('hex');
  const file = join(cache, 'tags', name);
  const found = await lookUp(context, access, reference);
  if ('digest' in found) {
    await mkdir(join(cache, 'tags'), { recursive: true });
    await writeAtomic(file, found.digest, 0o600);
    return found.digest;
  }
  if (found.problem === 'absent') throw noSuchImage(image, found.error.why, found.error);
  const known = found.problem === 'unreachable' ? await readFile(file, 'utf8').catch(() => undefined) : undefined;
  if (known === undefined) throw found.error;
  context.log.warn(`${image} is used as it was when its registry last answered: ${found.error.why}`);
  return known;
}

const noSuchImage = (image: string, why: string, cause?: unknown) =>
  inputError({
    what: `image ${image} not found`,
    why,
    hint: 'correct the image of the step; a private registry needs credentials: crane auth login REGISTRY',
    cause,
  });
