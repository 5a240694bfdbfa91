import { countOf } from '../../kit/log/format.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import type { DriftPolicy } from '../mirror-file/schema.js';
import type { PlanItem } from '../plan/plan.js';
import type { PlannedReferrer } from '../plan/referrers.js';
import { bytesLacking, type Counts, lackingThere } from '../registries/lacking.js';
import { readTree } from '../registries/manifests.js';
import type { FoundReferrer } from './compare-listed.js';
import type { FoundReferrers } from './find-referrers.js';
import type { Pair } from './side.js';

/** Says what must be brought of something that refers to an image. @throws RegistryFailure */
export type Weigh = (one: FoundReferrer) => Promise<PlannedReferrer>;

/** Puts what refers to an image into its plan, with the bytes that the destination lacks. @throws RegistryFailure */
export async function planReferrers(
  weigh: Weigh,
  item: PlanItem,
  { found, left }: FoundReferrers,
  drift: DriftPolicy,
): Promise<PlanItem> {
  const referrers = valuesOf(await mapConcurrently(found, 4, weigh));
  const pending = referrers.filter(({ there }) => !there);
  const drifted = left.filter(({ isDrift }) => isDrift);
  const otherwise = pending.length > 0 ? 'attach' : drifted.length > 0 ? 'drift' : 'skip';
  const why = [
    ...(item.why === undefined ? [] : [item.why]),
    ...(pending.length === 0 ? [] : [`${countOf(pending.length, 'referrer')}: ${kindsOf(pending)}`]),
    ...(left.length === 0
      ? []
      : [`not copied: ${kindsOf(left)}: ${[...new Set(left.map((one) => one.why))].join('; ')}`]),
  ];
  const bytes = pending.reduce((sum, one) => sum + (one.bytes ?? 0), item.bytes ?? 0);
  return {
    ...item,
    action: item.action === 'skip' ? otherwise : item.action,
    fails: item.fails || (drifted.length > 0 && drift !== 'keep'),
    ...(referrers.length === 0 ? {} : { referrers: [...referrers] }),
    ...(left.length === 0 ? {} : { left: left.map(({ isDrift: _, ...one }) => one) }),
    ...(pending.length > 0 || item.bytes !== undefined ? { bytes } : {}),
    ...(why.length === 0 ? {} : { why: why.join('; ') }),
  };
}

/** Kinds, each once. */
const kindsOf = (all: readonly { readonly kind: string }[]) => [...new Set(all.map(({ kind }) => kind))].join(', ');

/** By what a registry has. */
export const weighAt =
  (counts: Counts & { readonly deep: boolean }, { from, name, signal }: Pair, to: Repository): Weigh =>
  async (one) => {
    if (one.there) {
      const lost = counts.deep ? await lackingThere(to, name, one.digest, undefined, signal) : undefined;
      return lost === undefined ? one : { ...one, there: false, bytes: lost.bytes };
    }
    const { blobs } = await readTree(name, one.digest, from.manifest);
    return { ...one, bytes: await bytesLacking(counts, to, blobs, signal) };
  };
