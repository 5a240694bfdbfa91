import type { Context } from '../../context.js';
import { inputError, OpError, refusedError } from '../../kit/errors/op-error.js';
import { countOf, table } from '../../kit/log/format.js';
import { startProgress } from '../../kit/log/progress.js';
import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import type { ArtifactReader, Artifacts, StoredImage } from './artifacts.js';
import { type DigestTag, planDigestTags } from './digest-tags.js';
import { allSucceeded } from './each-image.js';
import { findLacking } from './find-lacking.js';
import type { NamedImage } from './name-images.js';
import type { PromoteRegistries } from './registries.js';
import { readSigned } from './signature.js';

/** What to do for one image. */
export interface ImagePlan {
  readonly imageName: string;
  /** With its digest. */
  readonly from: Reference;
  /** With the same digest. */
  readonly to: Reference;
  readonly digest: string;
  /** `attach`: the image is there, and something that refers to it is not. */
  readonly action: 'copy' | 'already there' | 'attach' | 'overwrite';
  /** The digest that the tag has at the destination now. */
  readonly found: string | undefined;
  /** Manifests that refer to it at the source; undefined when they were not read. */
  readonly referrers: readonly string[] | undefined;
  /** Tags such as `sha256-DIGEST.sig` that are copied with it. */
  readonly digestTags: readonly DigestTag[];
  /** Layers of it that may not be distributed. */
  readonly foreignLayers: readonly string[];
}

/** How to plan. */
export interface PlanOptions {
  readonly overwrite: boolean;
  readonly referrers: boolean;
  readonly dryRun: boolean;
  /** Milliseconds to wait for a signature; 0 requires none. */
  readonly requireSignature: number;
  /** Names of the environments, for messages. */
  readonly source: string;
  readonly destination: string;
  /** Images at the same time. */
  readonly jobs: number;
}

/** How registries are asked. */
interface Registries {
  readonly registries: PromoteRegistries;
  readonly artifacts: ArtifactReader;
}

/**
 * Plans all images before any is copied, and prints the plan.
 * @throws OpError (refused, input, tool) when one of them cannot be promoted
 */
export async function planImages(
  context: Context,
  registries: Registries,
  images: readonly NamedImage[],
  options: PlanOptions,
): Promise<readonly ImagePlan[]> {
  using progress = startProgress(context, 'comparing source and destination', images.length);
  // A comparison needs less memory and bandwidth than a copy.
  const plans = await mapConcurrently(images, 4 * options.jobs, (image) =>
    planImage(context, registries, image, options).finally(progress.done),
  );
  context.signal.throwIfAborted();
  if (options.dryRun) context.out(`${planTable(images, plans)}\n`);
  else context.log.detail(planTable(images, plans));
  return allSucceeded(
    context,
    plans,
    (count) => `nothing is promoted to ${options.destination}: ${count} of ${images.length} images cannot be`,
  );
}

/** Reads the source also when the image is there already: what refers to it may have arrived later, as signatures do. */
async function planImage(
  context: Context,
  { registries, artifacts }: Registries,
  { imageName, from: named, to: target }: NamedImage,
  options: PlanOptions,
): Promise<ImagePlan> {
  const digest = named.digest ?? (await digestAtSource(registries, named, imageName, options));
  const from = { ...named, digest };
  const to = { ...target, digest };
  const image = { imageName, at: from };
  // Both sides are asked at the same time.
  const reading = options.referrers ? artifacts.read(image, true) : undefined;
  reading?.catch(() => undefined);
  const found = await registries.findAtDestination(atTag(to));
  const planned = { imageName, from, to, digest, found };
  const isThere = found === digest;
  if (!isThere && found !== undefined && !options.overwrite) throw tagTaken(planned, options);
  const alone = { ...planned, referrers: undefined, digestTags: [], foreignLayers: [] };
  if (isThere && !options.referrers) return { ...alone, action: 'already there' };
  const signing = { wait: options.requireSignature, source: options.source };
  const read = await (reading === undefined
    ? artifacts.read(image, false)
    : readSigned(context, artifacts, image, signing, reading));
  if (read === undefined && !isThere) throw notAtSource(imageName, from, options);
  // Whoever cleans up the source may: the image is where it should be.
  if (read === undefined) return { ...alone, action: 'already there' };
  const { foreignLayers } = read;
  const digestTags = await planDigestTags(registries, { imageName, from, to }, read.digestTags, options);
  const referrers = options.referrers ? [...read.referrers, ...read.digestTags.map(({ tag }) => tag)] : undefined;
  const all = { ...planned, referrers, digestTags, foreignLayers };
  if (!isThere) {
    if (!options.dryRun) await findLacking(registries, planned);
    return { ...all, action: found === undefined ? 'copy' : 'overwrite' };
  }
  const isComplete =
    digestTags.every((one) => one.found === one.digest) && (await hasReferrers(artifacts, { imageName, at: to }, read));
  return { ...all, action: isComplete ? 'already there' : 'attach' };
}

/** Asks for nothing when nothing refers to the image. */
async function hasReferrers(artifacts: ArtifactReader, image: StoredImage, { referrers }: Artifacts): Promise<boolean> {
  if (referrers.length === 0) return true;
  const there = await artifacts.read(image, true);
  return referrers.every((one) => there?.referrers.includes(one));
}

/** By tag, if there is one: that is what a deployment by tag gets. */
export const atTag = ({ digest, ...named }: Reference): Reference =>
  named.tag === undefined && digest !== undefined ? { ...named, digest } : named;

async function digestAtSource(
  registries: PromoteRegistries,
  from: Reference,
  name: string,
  options: PlanOptions,
): Promise<string> {
  const digest = await registries.find(from);
  if (digest === undefined) throw notAtSource(name, from, options);
  return digest;
}

const notAtSource = (imageName: string, from: Reference, { source }: PlanOptions): OpError =>
  inputError({
    what: `image "${imageName}" is not in ${source}`,
    why: `${formatReference(from)} was not found`,
    hint: `promote it to ${source} first, or check that the build result is the one deployed to ${source}`,
  });

const tagTaken = (
  { imageName, to, digest, found }: Pick<ImagePlan, 'imageName' | 'to' | 'digest' | 'found'>,
  { destination }: PlanOptions,
): OpError =>
  refusedError({
    what: `image "${imageName}" is not promoted to ${destination}`,
    why: `${formatReference(atTag(to))} already names a different image, ${found}; the one to promote is ${digest}`,
    hint: 'build under a new tag, or give --overwrite if that image may lose its tag (of the Pipelines, promote has this param)',
  });

function planTable(images: readonly NamedImage[], plans: readonly PromiseSettledResult<ImagePlan>[]): string {
  const rows = plans.flatMap((plan, index) => {
    const image = images[index];
    if (image === undefined) return [];
    const { digest: named, ...from } = image.from;
    const digest = plan.status === 'fulfilled' ? plan.value.digest : named;
    const [source, destination] = [formatReference(from), formatReference(atTag(image.to))];
    return [[image.imageName, shorten(digest), source, destination, describe(plan)]];
  });
  return table([['IMAGE', 'DIGEST', 'SOURCE', 'DESTINATION', 'PLAN'], ...rows]);
}

const shorten = (digest: string | undefined) => digest?.slice(0, 19) ?? '-';

function describe(plan: PromiseSettledResult<ImagePlan>): string {
  if (plan.status === 'rejected') {
    return plan.reason instanceof OpError && plan.reason.kind === 'refused' ? 'refused' : 'not possible';
  }
  const { action, found, referrers } = plan.value;
  if (action === 'already there') return action;
  const along = referrers === undefined ? '' : `, ${countOf(referrers.length, 'referrer')}`;
  if (action === 'attach') return `attach${along}`;
  return action === 'copy' ? `copy${along}` : `overwrite ${shorten(found)}${along}`;
}
