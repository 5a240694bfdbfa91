import type { Context } from '../../context.js';
import { refusedError, toolError } from '../../kit/errors/op-error.js';
import { secondsBetween } from '../../kit/log/seconds.js';
import { countOf } from '../../kit/log/table.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import type { Regctl } from '../../systems/registry/regctl.js';
import { atTag, type Promotion } from './plan.js';

/** How an image was promoted. */
export interface Promoted extends Promotion {
  readonly outcome: 'copied' | 'already-there' | 'overwritten';
}

/** Copies of one image, when others write the list of its referrers at the same time. */
const attempts = 3;

/**
 * Carries out the plan for one image: copies it by digest with all that refers to it, looks whether all has arrived, and only then gives
 * it its tag. What has the tag is therefore whole, however often this was interrupted.
 * @throws OpError (tool), (refused) when the tag was given to another image meanwhile
 */
export async function carryOut(context: Context, regctl: Regctl, promotion: Promotion): Promise<Promoted> {
  const { from, to, plan, referrers } = promotion;
  if (plan === 'already there') return { ...promotion, outcome: 'already-there' };
  const start = context.now();
  await copyWhole(regctl, promotion);
  await tag(regctl, promotion);
  const along =
    referrers === undefined || referrers.length === 0 ? '' : ` with ${countOf(referrers.length, 'referrer')}`;
  const took = secondsBetween(start, context.now());
  context.log.step(`copied ${formatReference(from)} to ${formatReference(atTag(to))}${along} in ${took} s`);
  return { ...promotion, outcome: plan === 'overwrite' ? 'overwritten' : 'copied' };
}

/**
 * Looks at what the destination has under the name of an image that was copied. To be called when all are: the later, the more likely
 * is somebody else noticed who writes there too.
 * @throws OpError (refused) when it is not that image, (tool)
 */
export async function readBack(regctl: Regctl, promoted: Promoted): Promise<void> {
  if (promoted.outcome === 'already-there') return;
  const now = await digestOf(regctl, atTag(promoted.to));
  if (now !== promoted.digest) throw notWhatWasCopied(promoted, now);
}

async function copyWhole(regctl: Regctl, { imageName, from, to, referrers }: Promotion): Promise<void> {
  let missing: readonly string[] = [];
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const some = referrers !== undefined && referrers.length > 0;
    await regctl.copy(from, to, { referrers: some });
    if (!some) return;
    const arrived = await regctl.artifacts(to);
    if ('error' in arrived) throw arrived.error;
    missing = referrers.filter((one) => !arrived.referrers.includes(one));
    if (missing.length === 0) return;
  }
  throw toolError({
    what: `image "${imageName}" has lost what refers to it on its way`,
    why: `${formatReference(to)} has no ${missing.join(', ')} after ${attempts} copies: somebody else writes there, or the registry keeps no referrers`,
    hint: 'run the same command again, or leave signatures and attestations behind with --referrers=false',
  });
}

/** The tag may have been given to something else since the plan was made: copying takes its time. */
async function tag(regctl: Regctl, promotion: Promotion): Promise<void> {
  const { to, digest, found } = promotion;
  if (to.tag === undefined) return;
  const now = await digestOf(regctl, atTag(to));
  if (now === digest) return;
  if (now !== found) throw notWhatWasCopied(promotion, now);
  await regctl.copy(to, atTag(to), { referrers: false });
}

async function digestOf(regctl: Regctl, reference: Reference): Promise<string | undefined> {
  const answer = await regctl.look(reference);
  if ('digest' in answer) return answer.digest;
  if (answer.problem === 'absent') return undefined;
  throw answer.error;
}

const notWhatWasCopied = ({ imageName, to, digest }: Promotion, now: string | undefined) =>
  refusedError({
    what: `image "${imageName}" is not what ${formatReference(atTag(to))} names`,
    why: `${digest} was copied, and the tag names ${now ?? 'nothing'} now: somebody else writes to it`,
    hint: 'find out who; a Lease (--lease-holder) keeps two deliveries apart',
  });
