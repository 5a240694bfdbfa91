import type { Context } from '../../context.js';
import { inputError, OpError, refusedError } from '../../kit/errors/op-error.js';
import { countOf, table } from '../../kit/log/format.js';
import { startProgress } from '../../kit/log/progress.js';
import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import type { Artifacts } from '../../systems/registry/artifacts.js';
import { asksForPassword } from '../../systems/registry/protocol.js';
import { formatReference, type Reference, registryOf } from '../../systems/registry/reference.js';
import type { Regctl } from '../../systems/registry/regctl.js';
import type { Bounds } from './bounds.js';
import { type DigestTag, planDigestTags } from './digest-tags.js';
import { allSucceeded } from './each-image.js';
import type { NamedImage } from './name-images.js';

/** What to do for one image. */
export interface ImagePlan {
  readonly imageName: string;
  /** With its digest. */
  readonly from: Reference;
  /** With the same digest. */
  readonly to: Reference;
  readonly digest: string;
  readonly action: 'copy' | 'already there' | 'overwrite';
  /** The digest that the tag has at the destination now. */
  readonly found: string | undefined;
  /** Manifests that refer to it at the source; undefined when they were not read. */
  readonly referrers: readonly string[] | undefined;
  /** Tags such as `sha256-DIGEST.sig` that are copied with it. */
  readonly digestTags: readonly DigestTag[];
}

/** How to plan. */
export interface PlanOptions {
  readonly overwrite: boolean;
  readonly referrers: boolean;
  readonly dryRun: boolean;
  /** Names of the environments, for messages. */
  readonly source: string;
  readonly destination: string;
  /** Images at the same time. */
  readonly jobs: number;
}

/** How registries are asked. */
interface Registries {
  readonly regctl: Regctl;
  readonly bounds: Bounds;
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
  const plans = await mapConcurrently(images, 2 * options.jobs, (image) =>
    planImage(context, registries, image, options).finally(progress.done),
  );
  context.signal.throwIfAborted();
  if (options.dryRun) context.out(`${planTable(images, plans)}\n`);
  else context.log.step(planTable(images, plans));
  return allSucceeded(
    context,
    plans,
    (count) => `nothing is promoted to ${options.destination}: ${count} of ${images.length} images cannot be`,
  );
}

/** Asks the destination with one request, and the source only when there is something to copy. */
async function planImage(
  context: Context,
  { regctl, bounds }: Registries,
  { imageName, from: named, to: target }: NamedImage,
  options: PlanOptions,
): Promise<ImagePlan> {
  const digest = named.digest ?? (await digestAtSource(regctl, named, imageName, options));
  const from = { ...named, digest };
  const to = { ...target, digest };
  const found = await digestAtDestination(context, regctl, atTag(to));
  const planned = { imageName, from, to, digest, found };
  if (found === digest) return { ...planned, action: 'already there', referrers: undefined, digestTags: [] };
  if (found !== undefined && !options.overwrite) throw tagTaken(planned, options);
  await bounds.check({ imageName, from }, options.referrers);
  const artifacts = await artifactsAtSource(regctl, from, imageName, options);
  const digestTags = await planDigestTags(
    { regctl, bounds, atDestination: (tagged) => digestAtDestination(context, regctl, tagged) },
    { imageName, from, to },
    artifacts?.digestTags ?? [],
    options,
  );
  return {
    ...planned,
    action: found === undefined ? 'copy' : 'overwrite',
    referrers: artifacts?.referrers,
    digestTags,
  };
}

/** By tag, if there is one: that is what a deployment by tag gets. */
export const atTag = ({ digest, ...named }: Reference): Reference =>
  named.tag === undefined && digest !== undefined ? { ...named, digest } : named;

async function digestAtSource(regctl: Regctl, from: Reference, name: string, options: PlanOptions): Promise<string> {
  const answer = await regctl.look(from);
  if ('digest' in answer) return answer.digest;
  throw answer.problem === 'absent' ? notAtSource(name, from, options) : answer.error;
}

async function digestAtDestination(context: Context, regctl: Regctl, to: Reference): Promise<string | undefined> {
  const answer = await regctl.look(to);
  if ('digest' in answer) return answer.digest;
  if (answer.problem === 'absent') return undefined;
  // A registry with a token service also refuses when the repository does not exist yet. After the copy it must answer.
  const unclear = answer.problem === 'refused' && !(await asksForPassword(registryOf(to), context.signal));
  if (unclear) return undefined;
  throw answer.error;
}

async function artifactsAtSource(
  regctl: Regctl,
  from: Reference,
  imageName: string,
  options: PlanOptions,
): Promise<Artifacts | undefined> {
  if (!options.referrers) {
    await digestAtSource(regctl, from, imageName, options);
    return undefined;
  }
  const answer = await regctl.artifacts(from);
  if ('referrers' in answer) return answer;
  throw answer.problem === 'absent' ? notAtSource(imageName, from, options) : answer.error;
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
    hint: 'build under a new tag, or give --overwrite if that image may lose its tag',
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
  return action === 'copy' ? `copy${along}` : `overwrite ${shorten(found)}${along}`;
}
