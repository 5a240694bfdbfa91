import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import { lookUp, readConfig } from '../../systems/registry/crane.js';
import { formatReference, parseReference } from '../../systems/registry/reference.js';
import { type BuildContext, requiredImages } from '../engines/build-context.js';
import { mirrored } from '../image-mirrors/mirror.js';
import type { BuildableImage } from '../plan/plan.js';
import type { PreparedBuild } from '../plan/prepare.js';
import { buildpacksInputs } from './buildpacks-inputs.js';
import { dockerInputs, type UnknownInputs } from './docker-inputs.js';
import { treeDigest } from './tree-digest.js';

/** Changes when an engine builds something else from the same files. */
const version = 3;

/**
 * The tag that identifies everything that goes into an image: its files with their modes, the settings of the engine, and the current
 * digests of its base images. Two images with the same tag have the same sources.
 * @returns `content-` and 40 hexadecimal digits, or why some of it is unknown: then the image is built
 */
export async function contentTag(build: BuildContext, planned: BuildableImage): Promise<string | UnknownInputs> {
  try {
    return await tagOf(build, planned);
  } catch (error) {
    build.context.signal.throwIfAborted();
    // The engine reports better what is wrong with the files.
    if (error instanceof OpError || (error instanceof Error && 'syscall' in error)) return { unknown: error.message };
    throw error;
  }
}

async function tagOf(build: BuildContext, planned: BuildableImage): Promise<string | UnknownInputs> {
  const { prepared, request, context, outcomes } = build;
  const { artifact, choice } = planned;
  const inputs =
    artifact.docker === undefined ? await buildpacksInputs(build, planned) : await dockerInputs(build, planned);
  if ('unknown' in inputs) return inputs;
  const required = requiredImages(planned, outcomes);
  // The tags of images that it is built from name another commit each time, so their digests count.
  const own = new Map(
    [...required.values()].map(({ reference }) => [formatReference(reference), reference.digest ?? '']),
  );
  const outside = inputs.bases
    .filter((image) => !own.has(image))
    .map((image) => mirrored(image, prepared.builders.mirrors));
  const bases = await digestsOf(context, prepared, outside);
  if (bases === undefined)
    return { unknown: 'the registry does not tell the digest of every image that it is built from' };
  const asked = [request.platform, artifact.platforms].find((platforms) => platforms.length > 0);
  if (artifact.docker !== undefined) {
    const triggers = await findTriggers(build, [...bases, ...own], asked ?? [prepared.builders.machine]);
    if (triggers !== undefined) return { unknown: triggers };
  }
  const all = {
    version,
    files: await filesOf(build, artifact.context),
    texts: inputs.texts,
    history: inputs.withGit && (await exists(join(artifact.context, '.git'))) ? prepared.head : undefined,
    engine: choice.engine,
    artifact: { ...artifact, context: relative(prepared.root, artifact.context) },
    values: Object.entries(inputs.values)
      .map(([name, value]) => [name, own.get(value ?? '') ?? value] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    machine: prepared.builders.machine,
    platforms: asked ?? [prepared.builders.machine],
    attest: prepared.builders.attest,
    required: [...required].map(([alias, { reference }]) => [alias, reference.digest]),
    bases,
  };
  return `content-${createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 40)}`;
}

const triggered = v.looseObject({ config: v.nullish(v.looseObject({ OnBuild: v.nullish(v.array(v.string())) })) });

/** A base image may have ONBUILD instructions, which are part of this build and can take in anything. */
async function findTriggers(
  { context, prepared }: BuildContext,
  bases: readonly (readonly [string, string])[],
  platforms: readonly string[],
): Promise<string | undefined> {
  for (const [image, digest] of bases) {
    const reference = parseReference(image);
    if ('problem' in reference) return `the name of its base image ${image} is not valid`;
    for (const platform of platforms) {
      const config = parseJson(
        triggered,
        await readConfig(context, prepared.access, { ...reference, digest }, platform),
      );
      if (config === undefined) return `the configuration of ${image} cannot be read`;
      if ((config.config?.OnBuild ?? []).length > 0) return `its base image ${image} has ONBUILD instructions`;
    }
  }
  return undefined;
}

function filesOf({ treeDigests, buildResult }: BuildContext, directory: string): Promise<string> {
  const digest = treeDigests.get(directory) ?? treeDigest(directory, buildResult);
  treeDigests.set(directory, digest);
  return digest;
}

const exists = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined;

/** Undefined unless the registry gives all of them: otherwise a changed base image would go unnoticed. */
async function digestsOf(context: Context, { access }: PreparedBuild, images: readonly string[]) {
  const digests: (readonly [string, string])[] = [];
  for (const outcome of await mapConcurrently(images, 4, (image) => digestOf(context, access, image))) {
    if (outcome.status === 'rejected' || outcome.value === undefined) return undefined;
    digests.push(outcome.value);
  }
  return digests;
}

async function digestOf(context: Context, access: PreparedBuild['access'], image: string) {
  const reference = parseReference(image);
  if ('problem' in reference) return undefined;
  if (reference.digest !== undefined) return [image, reference.digest] as const;
  const answer = await lookUp(context, { ...access, pauses: [] }, reference);
  return 'digest' in answer ? ([image, answer.digest] as const) : undefined;
}
