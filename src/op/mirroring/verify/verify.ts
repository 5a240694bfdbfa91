import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { countOf } from '../../kit/log/format.js';
import { startProgress } from '../../kit/log/progress.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { hasBlob } from '../../systems/registry/client/blobs.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { findDigest } from '../../systems/registry/client/manifests.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import { mustFetch } from '../../systems/registry/copy/image-tree.js';
import type { Mirror } from '../mirror-file/read.js';
import type { Files } from '../plan/files.js';
import { type PlanItem, type ReadPlan, referenceOf, tagOrDigest } from '../plan/plan.js';
import { createReferrerLists, type ReferrerLists } from '../referrers/lists.js';
import { referrersLost } from '../referrers/verify-referrers.js';
import { readTree, sparseOnly } from '../registries/manifests.js';
import type { Verified, VerifiedImage } from './verified.js';

interface VerifyWork {
  readonly mirror: Mirror;
  readonly registries: Registries;
  readonly files: Files;
  /** Also read every manifest, and look for every blob. */
  readonly deep: boolean;
  /** The plan was made just now: the destination has said that it has what is skipped. */
  readonly isFresh: boolean;
}

type Expected = PlanItem & { readonly digest: string };

/** What the destination must have after the copy; a drift that is kept is not ours. */
const isExpected = (item: PlanItem): item is Expected =>
  item.digest !== undefined && ['copy', 'overwrite', 'attach', 'skip'].includes(item.action);

/** Asks the destination for everything that it should have by the plan, and writes what it said. */
export async function verify(context: Context, { plan, digest }: ReadPlan, work: VerifyWork): Promise<Verified> {
  const { mirror, files, deep, isFresh } = work;
  const items = plan.items.filter(isExpected);
  // What was skipped has been asked for to make the plan.
  const isKnown = ({ action }: Expected) => isFresh && !deep && action === 'skip';
  const asked = items.filter((item) => !isKnown(item));
  if (asked.length > 0) {
    context.log.step(`verify ${countOf(asked.length, 'image')}${deep ? ', with all manifests and blobs' : ''}`);
  }
  const lists = createReferrerLists();
  using progress = startProgress(context, 'reading back', asked.length);
  const answers = valuesOf(
    await mapConcurrently(asked, (deep ? 1 : 4) * mirror.parallel, (item) =>
      verifyOne(context, { ...work, lists }, item).finally(progress.done),
    ),
  );
  const byPlace = new Map(answers.map((answer) => [answer.destination, answer]));
  const images = items.map(
    ({ destination, digest }): VerifiedImage => byPlace.get(destination) ?? { destination, digest, state: 'right' },
  );
  const verified: Verified = { version: 1, plan: digest, at: context.now().toISOString(), deep, images };
  await writeAtomic(files.verified, `${JSON.stringify(verified, undefined, 1)}\n`);
  return verified;
}

async function verifyOne(
  context: Context,
  { registries, mirror: { timeout }, deep, lists }: VerifyWork & { readonly lists: ReferrerLists },
  { destination, digest, platforms, referrers }: Expected,
): Promise<VerifiedImage> {
  using deadline = startDeadline(context, timeout, {
    what: `cannot verify ${destination}`,
    why: `it took longer than ${timeout / 1000} s`,
    hint: 'increase run.timeout',
  });
  const { signal } = deadline.context;
  const named = { destination, digest };
  try {
    const target = referenceOf(destination);
    const to = await registries.repository(target);
    const found = await findDigest(to, tagOrDigest(target), signal);
    if (found === undefined) return { ...named, state: 'missing', why: 'the destination does not have it' };
    if (found !== digest) return { ...named, state: 'wrong', why: `it names ${found}` };
    const looked = deep ? await walk(to, { destination, digest, platforms }, signal) : { state: 'right' as const };
    if (looked.state !== 'right' || referrers === undefined) return { ...named, ...looked };
    const lost = await referrersLost({ lists, to, deep, signal }, destination, referrers);
    const counted = { ...named, ...looked, referrers: referrers.length };
    if (lost[0] === undefined) return counted;
    const why = `${lost.length} of ${countOf(referrers.length, 'referrer')} not there or incomplete: ${lost[0].kind} ${lost[0].digest}`;
    return { ...counted, state: 'incomplete', why };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof OpError) || error.kind === 'input') throw error;
    const why = `${error.message}: ${error.why}`;
    // A child is not there, or is not what its name says.
    const isLost = error instanceof RegistryFailure && ['absent', 'other'].includes(error.problem);
    return { ...named, state: isLost ? 'incomplete' : 'unknown', why };
  }
}

async function walk(
  to: Repository,
  { destination, digest, platforms }: Pick<Expected, 'destination' | 'digest' | 'platforms'>,
  signal: AbortSignal,
): Promise<Omit<VerifiedImage, 'destination' | 'digest'>> {
  const read = (one: string) => mustFetch(to, one, signal);
  const { manifests, blobs } = await readTree(destination, digest, read, sparseOnly(platforms));
  const there = valuesOf(await mapConcurrently(blobs, 4, (blob) => hasBlob(to, blob, signal)));
  const lost = blobs.filter((_, index) => there[index] === false);
  const looked = { manifests: manifests.length, blobs: blobs.length };
  if (lost.length === 0) return { ...looked, state: 'right' };
  return {
    ...looked,
    state: 'incomplete',
    why: `${countOf(lost.length, 'blob')} of ${blobs.length} are not there: ${lost[0]?.digest}`,
  };
}
