import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.js';
import type { Mirror } from '../mirror-file/read.js';
import type { Files } from '../plan/files.js';
import type { ReadPlan } from '../plan/plan.js';
import { openKnown } from '../referrers/known.js';
import { createReferrerLists } from '../referrers/lists.js';
import type { Origins } from '../registries/origin.js';
import { openExpectedDigests } from '../resolve/expected-digests.js';
import type { Lister } from '../resolve/list-images.js';
import { compareAll, listAll, planOf, refuseNothing } from '../resolve/resolve.js';
import { type BaselineWish, chooseBaseline } from './baseline.js';
import type { ChainHistory } from './chain-history.js';
import { checkChoices, compareToState } from './compare-to-state.js';
import { knownSegmentsIn } from './known-segments.js';
import { reconcile } from './reconcile.js';
import type { PastSegment } from './segment/past.js';
import { readDisk } from './segment/read-disk.js';
import { type Fresh, type State, stateOf } from './state.js';

/** What is needed to write a segment. */
export interface ToDiskWork {
  readonly mirror: Mirror;
  readonly files: Files;
  readonly origins: Origins;
  readonly list: Lister;
  readonly history: ChainHistory;
  /** Absolute path. */
  readonly disk: string;
  readonly wish: BaselineWish;
  /** Bytes of a part; undefined: no limit. */
  readonly partSize: number | undefined;
  /** Milliseconds before further attempts of a transfer. */
  readonly pauses: readonly number[];
}

/** A segment that is planned. */
export interface DiskPlan extends ReadPlan {
  readonly sequence: number;
  readonly chain: string;
  readonly previous: PastSegment | undefined;
  readonly baseline: PastSegment | undefined;
  readonly state: State;
  readonly trees: ReadonlyMap<string, Fresh>;
}

/** Compares the sources with what the other side has by the history, and writes the plan. @throws OpError (input, tool, refused) */
export async function planSegment(context: Context, work: ToDiskWork): Promise<DiskPlan> {
  const { mirror, files, origins, disk, history } = work;
  const known = knownSegmentsIn(files.segments);
  const content = await readDisk(disk);
  const past = await reconcile(context, disk, content, history, known);
  const wished = chooseBaseline(past, work.wish);
  const segment = wished.segment && (await known.find(wished.segment.digest, content));
  const isLost = wished.segment !== undefined && segment === undefined;
  context.log.step(
    isLost
      ? `baseline: none: what segment ${wished.segment?.sequence} has is not known any more (${files.segments}), so the segment is full`
      : `baseline: ${wished.why}`,
  );
  const state = stateOf(segment);
  const listed = await listAll(context, mirror, work.list);
  refuseNothing(mirror, listed);
  checkChoices(listed.wanted);
  const digests = await openExpectedDigests(files.expected);
  const referrers = { lists: createReferrerLists(), known: await openKnown(files.referrers) };
  const trees = new Map<string, Fresh>();
  const sides = {
    origins,
    expected: digests.expected,
    state,
    timeout: mirror.timeout,
    counted: new Set<string>(),
    trees,
    referrers,
  };
  const items = await compareAll(context, mirror, listed.wanted, (one) => compareToState(context, sides, one));
  await digests.keep();
  await referrers.known.keep(listed.unlisted.length === 0 && items.every(({ action }) => action !== 'unknown'));
  const previous = past?.segments.at(-1);
  return {
    ...(await planOf(context, mirror, files, { ...listed, items, workflow: 'to-disk' })),
    sequence: (previous?.sequence ?? 0) + 1,
    chain: past?.chain ?? randomUUID(),
    previous,
    baseline: isLost ? undefined : wished.segment,
    state,
    trees,
  };
}
