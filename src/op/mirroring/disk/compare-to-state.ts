import type { Context } from '../../context.js';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { WrongChart } from '../../systems/helm/open-repositories.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { PlanItem } from '../plan/plan.js';
import type { FoundReferrer } from '../referrers/compare-listed.js';
import { findReferrers } from '../referrers/find-referrers.js';
import { planReferrers } from '../referrers/plan-referrers.js';
import { type ReferrerSearch, referrersOf } from '../referrers/side.js';
import { readTree } from '../registries/manifests.js';
import type { Origins } from '../registries/origin.js';
import { missing, namesOf } from '../resolve/compare.js';
import type { Expected } from '../resolve/expected-digests.js';
import { notThere, type Wanted } from '../resolve/list-images.js';
import { referrersIn, withReferrers } from './referrers.js';
import { type Fresh, hasImage, newContent, type State } from './state.js';

/** What images are compared with. */
export interface DiskSides {
  readonly origins: Origins;
  readonly expected: Expected;
  readonly state: State;
  /** Milliseconds for one image. */
  readonly timeout: number;
  /** Blobs that are counted already: each is written once. */
  readonly counted: Set<string>;
  /** What the images consist of that are to be written, by source; filled here. */
  readonly trees: Map<string, Fresh>;
  readonly referrers: ReferrerSearch;
}

/** Says what is to be done with one image, for a segment. The source is asked by HEAD; a manifest is read only of what will be written. */
export async function compareToState(context: Context, sides: DiskSides, wanted: Wanted): Promise<PlanItem> {
  const { from, source, chart } = wanted;
  const { origins, expected, state, timeout, counted, trees } = sides;
  const names = namesOf(wanted);
  if (chart !== undefined && 'problem' in chart) return missing(names, chart.problem);
  using deadline = startDeadline(context, timeout, {
    what: `cannot compare ${names.source}`,
    why: `it took longer than ${timeout / 1000} s`,
    hint: 'increase run.timeout',
  });
  const { signal } = deadline.context;
  const { platforms, drift } = source;
  try {
    const origin = await origins(from, chart);
    const sourceDigest = await origin.find(signal);
    if (sourceDigest === undefined) return missing(names, notThere);
    const digest = await expected(origin, sourceDigest, platforms, signal);
    const there = state.images.get(names.source);
    const item = {
      ...names,
      digest,
      ...(digest === sourceDigest ? {} : { sourceDigest }),
      ...(platforms === undefined ? {} : { platforms }),
      ...(there === undefined ? {} : { found: there.digest }),
    };
    const isThere = hasImage(state, item);
    const action = isThere ? 'skip' : there === undefined ? 'copy' : 'overwrite';
    const pair = {
      from: referrersOf(sides.referrers, origin, signal),
      to: referrersIn(state, isThere ? there : undefined),
      name: names.source,
      signal,
    };
    const referrers = await findReferrers(sides.referrers, pair, source.referrers, { ...item, action });
    if (referrers?.unmet !== undefined) return { ...item, action: 'missing', fails: true, why: referrers.unmet };
    const own = isThere ? undefined : await readTree(origin.name, sourceDigest, pair.from.manifest, platforms);
    const tree = await withReferrers(pair, own, referrers?.found ?? []);
    const fresh = newContent(state, tree).filter((one) => !counted.has(one.digest));
    for (const one of fresh) counted.add(one.digest);
    const bytes = fresh.reduce((sum, { size }) => sum + size, 0);
    if (tree.manifests.length > 0) trees.set(names.source, tree);
    const planned = { ...item, action, ...(isThere ? {} : { bytes }) } as const;
    // What is new of the referrers is counted with the image.
    const weigh = async (one: FoundReferrer) => (one.there || isThere ? one : { ...one, bytes: 0 });
    if (referrers === undefined) return planned;
    const made = await planReferrers(weigh, planned, referrers, drift);
    return made.action === 'attach' ? { ...made, bytes } : made;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof OpError) || error.kind === 'input') throw error;
    const why = `${error.message}: ${error.why}`;
    return error instanceof WrongChart ? missing(names, why) : { ...names, action: 'unknown', fails: true, why };
  }
}

/** A segment has each image once. @throws OpError (input) */
export function checkChoices(wanted: readonly Wanted[]): void {
  const choices = new Map<string, Wanted>();
  for (const one of wanted) {
    const name = formatReference(one.from);
    const other = choices.get(name) ?? one;
    choices.set(name, other);
    const different = (['platforms', 'referrers'] as const).find(
      (field) => JSON.stringify(one.source[field]) !== JSON.stringify(other.source[field]),
    );
    if (different === undefined) continue;
    throw inputError({
      what: `${name} is selected with different ${different}`,
      why: `${other.source.at} and ${one.source.at} select it, and a segment has each image once`,
      hint: `give both the same ${different}`,
    });
  }
}
