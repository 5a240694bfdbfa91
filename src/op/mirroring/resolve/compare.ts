import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { WrongChart } from '../../systems/helm/open-repositories.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { fetchManifest, findDigest } from '../../systems/registry/client/manifests.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import { formatReference } from '../../systems/registry/reference.js';
import { matchesOne } from '../mirror-file/pattern.js';
import { type PlanItem, tagOrDigest } from '../plan/plan.js';
import { findReferrers } from '../referrers/find-referrers.js';
import { planReferrers, weighAt } from '../referrers/plan-referrers.js';
import { type Pair, type ReferrerSearch, referrersAt, referrersOf } from '../referrers/side.js';
import { bytesLacking, type Counts, lackingThere } from '../registries/lacking.js';
import { readTree } from '../registries/manifests.js';
import { mustHave, type Origin, type Origins } from '../registries/origin.js';
import type { Expected } from './expected-digests.js';
import { notThere, type Wanted } from './list-images.js';

/** What images are compared with. */
export interface Sides extends Counts {
  readonly registries: Registries;
  readonly origins: Origins;
  readonly expected: Expected;
  /** Milliseconds for one image. */
  readonly timeout: number;
  /** Also look whether what is there is complete. */
  readonly deep: boolean;
  readonly referrers: ReferrerSearch;
}

/** Says what is to be done with one image. Both ends are asked by HEAD; a manifest is read only of what will be copied. */
export async function compare(context: Context, sides: Sides, wanted: Wanted): Promise<PlanItem> {
  const names = namesOf(wanted);
  const { chart } = wanted;
  if (chart !== undefined && 'problem' in chart) return missing(names, chart.problem);
  using deadline = startDeadline(context, sides.timeout, {
    what: `cannot compare ${names.source}`,
    why: `it took longer than ${sides.timeout / 1000} s`,
    hint: 'increase run.timeout',
  });
  const { signal } = deadline.context;
  try {
    const [from, to] = await Promise.all([sides.origins(wanted.from, chart), sides.registries.repository(wanted.to)]);
    const there = digestAtDestination(to, tagOrDigest(wanted.to), signal);
    const [sourceDigest, found] = await Promise.all([
      from.find(signal, { digest: there, manifest: (digest) => fetchManifest(to, digest, signal) }),
      there,
    ]);
    if (sourceDigest === undefined) return { ...missing(names, notThere), ...(found === undefined ? {} : { found }) };
    const { platforms } = wanted.source;
    const digest = await sides.expected(from, sourceDigest, platforms, signal);
    const chosen = platforms === undefined ? {} : { platforms };
    const other = digest === sourceDigest ? {} : { sourceDigest };
    const known = { ...names, digest, ...other, ...chosen, ...(found === undefined ? {} : { found }) };
    const action = actionFor(wanted, digest, found);
    if (action === 'drift') {
      const immutable = isImmutable(wanted) ? ', and its tag is immutable' : '';
      return {
        ...known,
        action,
        fails: wanted.source.drift !== 'keep',
        why: `the destination has ${found}${immutable}`,
      };
    }
    const pair = {
      from: referrersOf(sides.referrers, from, signal),
      to: referrersAt(sides.referrers, to, signal),
      name: names.source,
      signal,
    };
    const referrers = await findReferrers(sides.referrers, pair, wanted.source.referrers, { ...known, action });
    if (referrers?.unmet !== undefined) return { ...known, action: 'missing', fails: true, why: referrers.unmet };
    const item = await compareContent(sides, { from, to }, pair, { ...known, action });
    return referrers === undefined
      ? item
      : await planReferrers(weighAt(sides, pair, to), item, referrers, wanted.source.drift);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof OpError) || error.kind === 'input') throw error;
    const why = `${error.message}: ${error.why}`;
    return error instanceof WrongChart ? missing(names, why) : { ...names, action: 'unknown', fails: true, why };
  }
}

/** What a plan says of an image before anything is asked. */
export const namesOf = ({ from, to, chart }: Wanted) => ({
  source: formatReference(from),
  ...(chart === undefined || 'problem' in chart ? {} : { chart }),
  destination: formatReference(to),
  fails: false,
});

export const missing = (names: ReturnType<typeof namesOf>, why: string): PlanItem => ({
  ...names,
  action: 'missing',
  fails: true,
  why,
});

const isImmutable = ({ to, from, source: { immutableTags } }: Wanted) =>
  [to.tag, from.tag].some((tag) => tag !== undefined && matchesOne(immutableTags, tag));

function actionFor(wanted: Wanted, digest: string, found: string | undefined): 'copy' | 'overwrite' | 'skip' | 'drift' {
  if (found === undefined) return 'copy';
  if (found === digest) return 'skip';
  return wanted.source.drift === 'overwrite' && !isImmutable(wanted) ? 'overwrite' : 'drift';
}

/** What is to be done with the image itself. */
async function compareContent(
  sides: Sides,
  { from: origin, to }: { readonly from: Origin; readonly to: Repository },
  { from, name, signal }: Pair,
  item: PlanItem & { readonly digest: string },
): Promise<PlanItem> {
  const { action, digest, sourceDigest = digest, platforms, destination } = item;
  if (action !== 'skip') {
    const { blobs } = await readTree(name, sourceDigest, from.manifest, platforms);
    return { ...item, bytes: await bytesLacking(sides, to, blobs, signal, (blob) => mustHave(origin, blob, signal)) };
  }
  const lacking = sides.deep ? await lackingThere(to, destination, digest, platforms, signal) : undefined;
  return lacking === undefined ? item : { ...item, action: 'copy', ...lacking };
}

async function digestAtDestination(
  to: Repository,
  reference: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await findDigest(to, reference, signal);
  } catch (error) {
    // A registry with a token service also refuses when the repository does not exist yet. The copy will tell.
    if (error instanceof RegistryFailure && error.problem === 'refused' && to.api.isTokenService()) return undefined;
    throw error;
  }
}
