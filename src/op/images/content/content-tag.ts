import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import { lookUp } from '../../systems/registry/crane.js';
import { formatReference, parseReference } from '../../systems/registry/reference.js';
import { mirrored } from '../image-mirrors/mirror.js';
import { type Making, requiredImages } from '../plan/made.js';
import type { Feasible } from '../plan/plan.js';
import type { Prepared } from '../plan/prepare.js';
import { buildpacksInputs } from './buildpacks-inputs.js';
import { dockerInputs } from './docker-inputs.js';
import { treeDigest } from './tree-digest.js';

/** Changes when an engine changes what it makes of the same files. */
const version = 2;

/**
 * The tag that stands for all that goes into an image: its files with their modes, what is asked of the engine, and the digests that
 * its base images have now. Two images with the same tag may differ in nothing that their sources can tell.
 * @returns `content-` and 40 hexadecimal digits; undefined when anything of it cannot be told, and then the image is built
 */
export async function contentTag(making: Making, planned: Feasible): Promise<string | undefined> {
  try {
    return await tagOf(making, planned);
  } catch (error) {
    making.context.signal.throwIfAborted();
    // The engine says better what is wrong with the files.
    if (error instanceof OpError || (error instanceof Error && 'syscall' in error)) return undefined;
    throw error;
  }
}

async function tagOf(making: Making, planned: Feasible): Promise<string | undefined> {
  const { ready, request, context, made } = making;
  const { artifact, choice } = planned;
  const inputs =
    artifact.docker === undefined ? await buildpacksInputs(making, planned) : await dockerInputs(making, planned);
  if (inputs === undefined) return undefined;
  const required = requiredImages(planned, made);
  // Tags of the images that it is built from name another commit each time: their digests count.
  const own = new Map([...required.values()].map(({ reference }) => [formatReference(reference), reference.digest]));
  const outside = inputs.bases.filter((image) => !own.has(image)).map((image) => mirrored(image, ready.around.mirrors));
  const bases = await digestsOf(context, ready, outside);
  if (bases === undefined) return undefined;
  const asked = [request.platform, artifact.platforms].find((platforms) => platforms.length > 0);
  const all = {
    version,
    files: await filesOf(making, artifact.context),
    texts: inputs.texts,
    history: inputs.withGit && (await exists(join(artifact.context, '.git'))) ? ready.head : undefined,
    engine: choice.engine,
    artifact: { ...artifact, context: relative(ready.root, artifact.context) },
    values: Object.entries(inputs.values)
      .map(([name, value]) => [name, own.get(value ?? '') ?? value] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    platforms: asked ?? [ready.around.machine],
    attest: ready.around.attest,
    required: [...required].map(([alias, { reference }]) => [alias, reference.digest]),
    bases,
  };
  return `content-${createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 40)}`;
}

function filesOf({ trees, buildResult }: Making, directory: string): Promise<string> {
  const digest = trees.get(directory) ?? treeDigest(directory, buildResult);
  trees.set(directory, digest);
  return digest;
}

const exists = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined;

/** Undefined when the registry does not give all of them: then nobody could see that one has changed. */
async function digestsOf(context: Context, { access }: Prepared, images: readonly string[]) {
  const digests: (readonly [string, string])[] = [];
  for (const outcome of await mapConcurrently(images, 4, (image) => digestOf(context, access, image))) {
    if (outcome.status === 'rejected' || outcome.value === undefined) return undefined;
    digests.push(outcome.value);
  }
  return digests;
}

async function digestOf(context: Context, access: Prepared['access'], image: string) {
  const reference = parseReference(image);
  if ('problem' in reference) return undefined;
  if (reference.digest !== undefined) return [image, reference.digest] as const;
  const answer = await lookUp(context, { ...access, pauses: [] }, reference);
  return 'digest' in answer ? ([image, answer.digest] as const) : undefined;
}
