import { rm } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { countOf, secondsBetween, bytes as shownBytes } from '../../kit/log/format.js';
import { startProgress } from '../../kit/log/progress.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import { createBlobPlacer } from '../../systems/registry/copy/place-blobs.js';
import { createReferrerTagWriter } from '../../systems/registry/copy/referrer-tag-writer.js';
import type { Mirror } from '../mirror-file/read.js';
import type { Files } from '../plan/files.js';
import type { PlanItem, ReadPlan } from '../plan/plan.js';
import type { Origins } from '../registries/origin.js';
import type { Copied, CopiedImage } from './copied.js';
import { copyImage, type Sent } from './copy-image.js';

/** What a copy works with. */
export interface CopyWork {
  readonly mirror: Mirror;
  readonly registries: Registries;
  readonly origins: Origins;
  readonly files: Files;
  /** Milliseconds before further attempts of a transfer. */
  readonly pauses: readonly number[];
  readonly idle?: number | undefined;
  /** What the destination was found to lack, if the plan was made just now. */
  readonly lacking: ReadonlySet<string> | undefined;
}

/** Does what the plan says, from origins to registries. Writes what was done. */
export function copy(context: Context, read: ReadPlan, work: CopyWork): Promise<Copied> {
  const parts = {
    ...work,
    blobs: createBlobPlacer(context, work),
    tags: createReferrerTagWriter(),
    isFresh: work.lacking !== undefined,
  };
  return transferAll(context, read, work, (item, signal) => copyImage(parts, item, signal));
}

/** Brings one image to where it goes. @throws OpError */
export type Transfer = (item: ToCopy, signal: AbortSignal) => Promise<Sent>;

/** Transfers the images of a plan, several at a time; one that fails does not stop the others. Writes what was done. */
export async function transferAll(
  context: Context,
  { plan, digest }: ReadPlan,
  { mirror, files }: Pick<CopyWork, 'mirror' | 'files'>,
  transfer: Transfer,
  shownAs: 'source' | 'destination' = 'destination',
): Promise<Copied> {
  const startedAt = context.now();
  const items = plan.items.filter(isToCopy);
  await Promise.all([files.copied, files.verified, files.retry].map((file) => rm(file, { force: true })));
  if (items.length > 0) context.log.step(`copy ${countOf(items.length, 'image')}, ${shownBytes(plan.totals.bytes)}`);
  using progress = startProgress(context, 'copying', items.length);
  const images = valuesOf(
    await mapConcurrently(items, mirror.parallel, (item) =>
      transferOne(context, item, mirror.timeout, transfer, shownAs).finally(progress.done),
    ),
  );
  const copied: Copied = {
    version: 1,
    plan: digest,
    startedAt: startedAt.toISOString(),
    endedAt: context.now().toISOString(),
    images: [...images],
  };
  const failed = images.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0) await writeAtomic(files.retry, failed.map(({ source }) => `${source}\n`).join(''));
  else await Promise.all([files.manifests, files.charts].map((kept) => rm(kept, { recursive: true, force: true })));
  await writeAtomic(files.copied, `${JSON.stringify(copied, undefined, 1)}\n`);
  return copied;
}

/** An image of a plan that is to be copied. */
export type ToCopy = PlanItem & { readonly digest: string };

const isToCopy = (item: PlanItem): item is ToCopy =>
  ['copy', 'overwrite', 'attach'].includes(item.action) && item.digest !== undefined;

async function transferOne(
  context: Context,
  item: ToCopy,
  timeout: number,
  transfer: Transfer,
  shownAs: 'source' | 'destination',
): Promise<CopiedImage> {
  const { source, destination, digest, found } = item;
  const start = context.now();
  using deadline = startDeadline(context, timeout, {
    what: `cannot copy ${source}`,
    why: `it took longer than ${timeout / 1000} s`,
    hint: 'run the same command again: it continues where it stopped; or increase run.timeout',
  });
  const { signal } = deadline.context;
  const named = { source, destination, digest };
  const took = () => secondsBetween(start, context.now());
  try {
    const sent = await transfer(item, signal);
    if (sent.outcome !== 'already-there') {
      // The whole digest: without its tag, the earlier image has no other name.
      const instead = sent.outcome === 'overwritten' ? `, instead of ${found}` : '';
      const referrers = sent.referrers === undefined ? '' : `${countOf(sent.referrers, 'referrer')}, `;
      context.log.step(
        `${sent.outcome} ${item[shownAs]} (${referrers}${shownBytes(sent.bytes)}, ${took()} s)${instead}`,
      );
    }
    return { ...named, ...sent, seconds: took() };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof OpError) || error.kind === 'input') throw error;
    context.log.warn(`${error.message}: ${error.why}`);
    const why = `${error.message}: ${error.why}`;
    return { ...named, outcome: 'failed', bytes: 0, uploaded: 0, mounted: 0, seconds: took(), why };
  }
}
