import { findDigest } from '../../systems/registry/client/manifests.js';
import { tagOfDigest } from '../../systems/registry/client/referrers.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import type { PlannedReferrer } from '../plan/referrers.js';
import { lackingThere } from '../registries/lacking.js';
import { isCosignTag } from './kinds.js';
import type { ReferrerLists } from './lists.js';

/** Where it is looked for. */
interface Place {
  readonly lists: ReferrerLists;
  readonly to: Repository;
  /** Also read every manifest, and look for every blob. */
  readonly deep: boolean;
  readonly signal: AbortSignal;
}

/** Those that the destination does not list, or not have whole, and cosign's tags that name something else. @throws RegistryFailure */
export async function referrersLost(
  place: Place,
  name: string,
  referrers: readonly PlannedReferrer[],
): Promise<readonly PlannedReferrer[]> {
  const lists = new Map<string, ReadonlySet<string>>();
  const lost: PlannedReferrer[] = [];
  for (const one of referrers) {
    const { to, deep, signal } = place;
    const isThere = await isListed(place, one, lists);
    if (!isThere || (deep && (await lackingThere(to, name, one.digest, undefined, signal)) !== undefined)) {
      lost.push(one);
    }
  }
  return lost;
}

async function isListed(
  { lists: { atDestination }, to, signal }: Place,
  { subject, kind, digest }: PlannedReferrer,
  known: Map<string, ReadonlySet<string>>,
): Promise<boolean> {
  if (isCosignTag(kind)) return (await findDigest(to, tagOfDigest(subject, kind), signal)) === digest;
  const listed = known.get(subject) ?? new Set((await atDestination(to, subject, signal)).map((one) => one.digest));
  known.set(subject, listed);
  return listed.has(digest);
}
