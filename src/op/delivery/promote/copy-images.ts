import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { countOf, secondsBetween } from '../../kit/log/format.js';
import { startProgress } from '../../kit/log/progress.js';
import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import { semaphore, type WithPlace } from '../../kit/process/semaphore.js';
import { formatReference, registryOf } from '../../systems/registry/reference.js';
import type { ArtifactReader } from './artifacts.js';
import { copyManifests, putTag, type TagToSet, tagMoved } from './copy-manifests.js';
import type { DigestTag } from './digest-tags.js';
import { allSucceeded } from './each-image.js';
import { atTag, type ImagePlan } from './plan.js';
import type { PromoteRegistries } from './registries.js';

/** How an image was promoted. */
export interface PromotedImage extends ImagePlan {
  /** `attached`: only what refers to it was missing. */
  readonly outcome: 'copied' | 'already-there' | 'attached' | 'overwritten';
}

/** How often an image is copied when others write its list of referrers at the same time. */
const attempts = 3;

/** How registries are asked. */
interface Registries {
  readonly registries: PromoteRegistries;
  readonly artifacts: ArtifactReader;
}

/** How to copy. */
export interface CopyOptions {
  /** Images whose content is copied at the same time. */
  readonly jobs: number;
  /** Name of the environment, for messages. */
  readonly destination: string;
}

/**
 * Copies images, the content of several at a time; a tag is a small request, so the next image does not wait for it. One that fails does not
 * stop the others.
 * @throws OpError (tool, refused) when one of them failed
 */
export async function copyImages(
  context: Context,
  parts: Registries,
  plans: readonly ImagePlan[],
  options: CopyOptions,
): Promise<readonly PromotedImage[]> {
  using progress = startProgress(context, 'copying', plans.length);
  const withPlace = semaphore(options.jobs);
  const copied = await mapConcurrently(plans, 4 * options.jobs, (plan) =>
    copyImage(context, parts, plan, withPlace).finally(progress.done),
  );
  return allSucceeded(context, copied, notPromoted(plans, options));
}

/**
 * Checks that the tags of copied images still name them. Call it when all are copied: the later, the more likely it is to notice another
 * writer.
 * @throws OpError (refused) when one of them names another image, (tool)
 */
export async function checkTags(
  context: Context,
  registries: PromoteRegistries,
  promoted: readonly PromotedImage[],
  options: CopyOptions,
): Promise<void> {
  using progress = startProgress(context, 'checking the tags', promoted.length);
  const checks = await mapConcurrently(promoted, 4 * options.jobs, (one) =>
    checkTag(registries, one).finally(progress.done),
  );
  allSucceeded(context, checks, notPromoted(promoted, options));
}

const notPromoted =
  (all: readonly unknown[], { destination }: CopyOptions) =>
  (count: number) =>
    `${count} of ${all.length} images are not promoted to ${destination}${count < all.length ? '; the others are' : ''}`;

/**
 * Copies one image by digest with everything that refers to it, checks that it all arrived, and only then sets its tag. What has the tag
 * is therefore complete, however often this was interrupted.
 * @throws OpError (tool), (refused) when the tag was given to another image since the plan was made
 */
async function copyImage(
  context: Context,
  parts: Registries,
  plan: ImagePlan,
  withPlace: WithPlace,
): Promise<PromotedImage> {
  const { from, to, action, found, referrers = [], digestTags } = plan;
  if (action === 'already there') return { ...plan, outcome: 'already-there' };
  const start = await withPlace(async () => {
    context.signal.throwIfAborted();
    const begun = context.now();
    await copyContent(parts, plan);
    return begun;
  });
  await putTag(parts.registries, plan);
  for (const { tag, digest, found: before, isGrown } of digestTags) {
    if (before === undefined || before === digest || isGrown) continue;
    context.log.step(`moved ${formatReference(atTag({ ...to, tag }))} to ${digest}, instead of ${before}`);
  }
  const along = referrers.length === 0 ? '' : ` with ${countOf(referrers.length, 'referrer')}`;
  const took = secondsBetween(start, context.now());
  // The whole digest: without its tag, the earlier image has no other name.
  const instead = action === 'overwrite' ? `, instead of ${found}` : '';
  if (action === 'attach') {
    context.log.detail(
      `attached ${countOf(referrers.length, 'referrer')} to ${formatReference(atTag(to))} in ${took} s`,
    );
    return { ...plan, outcome: 'attached' };
  }
  (instead === '' ? context.log.detail : context.log.step)(
    `copied ${formatReference(from)} to ${formatReference(atTag(to))}${along} in ${took} s${instead}`,
  );
  return { ...plan, outcome: action === 'overwrite' ? 'overwritten' : 'copied' };
}

/** All but the tag of the image. */
async function copyContent({ registries, artifacts }: Registries, plan: ImagePlan): Promise<void> {
  const { referrers = [], digestTags } = plan;
  let missing = referrers;
  for (let attempt = 1; attempt === 1 || missing.length > 0; attempt++) {
    if (attempt > attempts) throw referrersLost(plan, missing);
    await copyManifests(registries, plan);
    for (const one of digestTags) await putTag(registries, { ...plan, ...digestTagOf(plan, one) });
    missing = await missingReferrers(artifacts, plan, referrers);
  }
}

/** By the digest of the plan, whatever the tag at the source names by now. */
const digestTagOf = (
  { from, to }: ImagePlan,
  { tag, digest, found }: DigestTag,
): Omit<TagToSet, 'imageName' | 'foreignLayers'> => ({
  from: { ...from, tag, digest },
  to: { ...to, tag, digest },
  digest,
  found,
});

async function missingReferrers(
  artifacts: ArtifactReader,
  { imageName, to }: ImagePlan,
  expected: readonly string[],
): Promise<readonly string[]> {
  if (expected.length === 0) return [];
  const arrived = await artifacts.read({ imageName, at: to }, true);
  const there = [...(arrived?.referrers ?? []), ...(arrived?.digestTags ?? []).map(({ tag }) => tag)];
  return expected.filter((one) => !there.includes(one));
}

async function checkTag(registries: PromoteRegistries, promoted: PromotedImage): Promise<void> {
  if (promoted.outcome === 'already-there') return;
  const now = await registries.find(atTag(promoted.to));
  if (now === undefined) throw notReadBack(promoted);
  if (now !== promoted.digest) throw tagMoved(promoted, now);
}

const referrersLost = ({ imageName, to }: ImagePlan, missing: readonly string[]) =>
  toolError({
    what: `referrers of image "${imageName}" did not arrive`,
    why: `${formatReference(to)} has no ${missing.join(', ')} after ${attempts} copies: something else writes there, or the registry does not keep referrers`,
    hint: 'run the same command again, or leave signatures and attestations behind with --referrers=false',
  });

const notReadBack = ({ imageName, to }: ImagePlan) =>
  toolError({
    what: `image "${imageName}" cannot be read back`,
    why: `${registryOf(to)} took ${formatReference(atTag(to))}, and answers that there is no such image`,
    hint: `check that pushes and pulls of ${registryOf(to)} reach the same registry, and that it keeps what is pushed`,
  });
