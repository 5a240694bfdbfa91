import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Context } from '../context.js';
import { mirrored } from '../mirror/mirror.js';
import { each } from '../process/each.js';
import { lookUp } from '../registry/crane.js';
import { formatReference, parseReference } from '../registry/reference.js';
import { baseImages } from './base-images.js';
import { type Making, requiredImages } from './made.js';
import type { Feasible } from './plan.js';
import type { Prepared } from './prepare.js';
import { buildArgs } from './with-buildkit.js';
import { environment } from './with-buildpacks.js';

/** Changes when an engine changes what it makes of the same files. */
const version = 1;

/**
 * As {@link contentTag}; undefined when the files cannot be read: the engine says better what is wrong with them.
 */
export async function contentTagOf(making: Making, planned: Feasible): Promise<string | undefined> {
  return contentTag(making, planned).catch((error: NodeJS.ErrnoException) => {
    if (error.syscall === undefined) throw error;
    return undefined;
  });
}

/**
 * The tag that stands for all that goes into an image: its files with their modes, what is asked of the engine, and the digests that
 * its base images have now. Two images with the same tag may differ in nothing that their sources can tell.
 * @returns `content-` and 40 hexadecimal digits
 */
async function contentTag(making: Making, planned: Feasible): Promise<string> {
  const { ready, request, context, made } = making;
  const { artifact, choice } = planned;
  const { docker, buildpacks } = artifact;
  const values = docker === undefined ? await environment(making, planned) : await buildArgs(making, planned);
  const required = requiredImages(planned, made);
  const bases =
    docker === undefined
      ? [buildpacks?.builder ?? '', buildpacks?.runImage ?? ''].filter((image) => image !== '' && !required.has(image))
      : await baseImages(resolve(artifact.context, docker.dockerfile), values);
  // Tags of the images that it is built from name another commit each time: their digests count.
  const own = new Map([...required.values()].map(({ reference }) => [formatReference(reference), reference.digest]));
  const outside = bases.filter((image) => !own.has(image)).map((image) => mirrored(image, ready.around.mirrors));
  const all = {
    version,
    files: await treeDigest(artifact.context, making.buildResult),
    dockerfile: docker === undefined ? '' : await contentOf(resolve(artifact.context, docker.dockerfile)),
    engine: choice.engine === 'pack' ? 'lifecycle' : choice.engine,
    artifact: { ...artifact, context: relative(ready.root, artifact.context) },
    values: Object.entries(values)
      .map(([name, value]) => [name, own.get(value ?? '') ?? value] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    platforms: request.platform,
    attest: request.attest,
    required: [...required].map(([alias, { reference }]) => [alias, reference.digest]),
    bases: await digestsOf(context, ready, outside),
  };
  return `content-${createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 40)}`;
}

/** Names, modes and contents of all files of a context, and where symbolic links lead; they are not followed. */
async function treeDigest(directory: string, without: string | undefined): Promise<string> {
  const hash = createHash('sha256');
  const walk = async (place: string) => {
    for (const entry of (await readdir(place, { withFileTypes: true })).toSorted(byName)) {
      const path = join(place, entry.name);
      const name = relative(directory, path);
      if (entry.name === '.git' || path === without) continue;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isSymbolicLink()) hash.update(JSON.stringify(['link', name, await readlink(path)]));
      else if (entry.isFile()) hash.update(JSON.stringify([await modeOf(path), name, await contentOf(path)]));
    }
  };
  await walk(directory);
  return hash.digest('hex');
}

const modeOf = async (path: string) => (((await lstat(path)).mode & 0o111) === 0 ? 'file' : 'program');

async function contentOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

const byName = (one: { readonly name: string }, other: { readonly name: string }) => (one.name < other.name ? -1 : 1);

/** An image that only BuildKit can reach, or that is named by a variable, stands for itself. */
async function digestsOf(context: Context, { access }: Prepared, images: readonly string[]) {
  const outcomes = await each(images, 4, async (image) => {
    const reference = parseReference(image);
    if ('problem' in reference || reference.digest !== undefined) return [image, image] as const;
    const answer = await lookUp(context, { ...access, pauses: [] }, reference);
    return [image, 'digest' in answer ? answer.digest : image] as const;
  });
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}
