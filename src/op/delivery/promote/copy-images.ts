import type { Context } from '../../context.js';
import { refusedError, toolError } from '../../kit/errors/op-error.js';
import { countOf, secondsBetween } from '../../kit/log/format.js';
import { startProgress } from '../../kit/log/progress.js';
import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import type { Regctl } from '../../systems/registry/regctl.js';
import type { DigestTag } from './digest-tags.js';
import { allSucceeded } from './each-image.js';
import { atTag, type ImagePlan } from './plan.js';

/** How an image was promoted. */
export interface PromotedImage extends ImagePlan {
  readonly outcome: 'copied' | 'already-there' | 'overwritten';
}

/** How often an image is copied when others write its list of referrers at the same time. */
const attempts = 3;

/** How to copy. */
export interface CopyOptions {
  /** Images at the same time. */
  readonly jobs: number;
  /** Name of the environment, for messages. */
  readonly destination: string;
}

/**
 * Copies images, several at a time; one that fails does not stop the others.
 * @throws OpError (tool, refused) when one of them failed
 */
export async function copyImages(
  context: Context,
  regctl: Regctl,
  plans: readonly ImagePlan[],
  options: CopyOptions,
): Promise<readonly PromotedImage[]> {
  using progress = startProgress(context, 'copying', plans.length);
  const copied = await mapConcurrently(plans, options.jobs, (plan) =>
    copyImage(context, regctl, plan).finally(progress.done),
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
  regctl: Regctl,
  promoted: readonly PromotedImage[],
  options: CopyOptions,
): Promise<void> {
  using progress = startProgress(context, 'checking the tags', promoted.length);
  const checks = await mapConcurrently(promoted, 2 * options.jobs, (one) =>
    checkTag(regctl, one).finally(progress.done),
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
async function copyImage(context: Context, regctl: Regctl, plan: ImagePlan): Promise<PromotedImage> {
  const { from, to, action, found, referrers = [], digestTags } = plan;
  if (action === 'already there') return { ...plan, outcome: 'already-there' };
  const start = context.now();
  let missing = referrers;
  for (let attempt = 1; attempt === 1 || missing.length > 0; attempt++) {
    if (attempt > attempts) throw referrersLost(plan, missing);
    await regctl.copy(from, to, { referrers: referrers.length > 0 });
    for (const one of digestTags) await copyDigestTag(regctl, plan, one);
    missing = await missingReferrers(regctl, to, referrers);
  }
  await setTag(regctl, plan);
  for (const { tag, digest, found: before, isGrown } of digestTags) {
    if (before === undefined || before === digest || isGrown) continue;
    context.log.step(`moved ${formatReference(atTag({ ...to, tag }))} to ${digest}, instead of ${before}`);
  }
  const along = referrers.length === 0 ? '' : ` with ${countOf(referrers.length, 'referrer')}`;
  const took = secondsBetween(start, context.now());
  // The whole digest: without its tag, the earlier image has no other name.
  const instead = action === 'overwrite' ? `, instead of ${found}` : '';
  context.log.step(`copied ${formatReference(from)} to ${formatReference(atTag(to))}${along} in ${took} s${instead}`);
  return { ...plan, outcome: action === 'overwrite' ? 'overwritten' : 'copied' };
}

/** By the digest of the plan, whatever the tag at the source names by now. */
async function copyDigestTag(regctl: Regctl, { imageName, from, to }: ImagePlan, one: DigestTag): Promise<void> {
  const { tag, digest, found } = one;
  await regctl.copy({ ...from, tag, digest }, { ...to, tag, digest }, { referrers: true });
  await setTag(regctl, { imageName, to: { ...to, tag, digest }, digest, found });
}

async function missingReferrers(
  regctl: Regctl,
  to: Reference,
  expected: readonly string[],
): Promise<readonly string[]> {
  if (expected.length === 0) return [];
  const arrived = await regctl.artifacts(to);
  if ('error' in arrived) throw arrived.error;
  return expected.filter((one) => !arrived.referrers.includes(one));
}

type TagToSet = Pick<ImagePlan, 'imageName' | 'to' | 'digest' | 'found'>;

/** Checks the tag first: it may have been given to another image during the copy. */
async function setTag(regctl: Regctl, plan: TagToSet): Promise<void> {
  const { to, digest, found } = plan;
  if (to.tag === undefined) return;
  const now = await digestOf(regctl, atTag(to));
  if (now === digest) return;
  if (now !== found) throw tagMoved(plan, now);
  await regctl.copy(to, atTag(to), { referrers: false });
}

async function checkTag(regctl: Regctl, promoted: PromotedImage): Promise<void> {
  if (promoted.outcome === 'already-there') return;
  const now = await digestOf(regctl, atTag(promoted.to));
  if (now !== promoted.digest) throw tagMoved(promoted, now);
}

async function digestOf(regctl: Regctl, reference: Reference): Promise<string | undefined> {
  const answer = await regctl.look(reference);
  if ('digest' in answer) return answer.digest;
  if (answer.problem === 'absent') return undefined;
  throw answer.error;
}

const referrersLost = ({ imageName, to }: ImagePlan, missing: readonly string[]) =>
  toolError({
    what: `referrers of image "${imageName}" did not arrive`,
    why: `${formatReference(to)} has no ${missing.join(', ')} after ${attempts} copies: something else writes there, or the registry does not keep referrers`,
    hint: 'run the same command again, or leave signatures and attestations behind with --referrers=false',
  });

const tagMoved = ({ imageName, to, digest }: Pick<ImagePlan, 'imageName' | 'to' | 'digest'>, now: string | undefined) =>
  refusedError({
    what: `image "${imageName}" is not what ${formatReference(atTag(to))} names`,
    why: `${digest} was copied, but the tag now names ${now ?? 'nothing'}: something else writes to it`,
    hint: 'find the other writer; a Lease (--lease-holder) keeps two deliveries apart',
  });
