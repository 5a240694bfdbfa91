import { Readable } from 'node:stream';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { contentFailure } from '../../systems/registry/client/blobs.js';
import type { Descriptor } from '../../systems/registry/client/content.js';
import { retryTransfer } from '../../systems/registry/copy/retry-transfer.js';
import { createSingleFlight } from '../../systems/registry/copy/single-flight.js';
import type { Transfer } from '../copy/copy.js';
import { referenceOf } from '../plan/plan.js';
import { mustHave } from '../registries/origin.js';
import { DiskFailure } from './disk-failure.js';
import type { Draft } from './draft.js';
import type { DiskPlan, ToDiskWork } from './plan-segment.js';
import { newContent } from './state.js';

/** Blobs of one image at a time. */
const atOnce = 4;

/** Brings images into a segment. @param onBroken called when nothing more can be written */
export function transferTo(
  draft: Draft | undefined,
  { state, trees }: DiskPlan,
  { origins, pauses }: ToDiskWork,
  { log }: Context,
  onBroken: (failure: DiskFailure) => void,
): Transfer {
  const flights = createSingleFlight<number>();
  return async ({ source, found, action, chart }, signal) => {
    const tree = trees.get(source);
    if (tree === undefined || draft === undefined) throw new Error(`${source} is not in the plan`);
    const origin = await origins(referenceOf(source), chart);
    const manifests = new Map(tree.manifests.map(({ digest, bytes }) => [digest, bytes]));
    const write = async (blob: Descriptor): Promise<number> => {
      const bytes = manifests.get(blob.digest);
      const read = async () =>
        bytes === undefined ? (await mustHave(origin, blob, signal)).read(signal) : Readable.from([bytes]);
      await draft.write(blob, read, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        if (error instanceof DiskFailure) onBroken(error);
        throw error instanceof OpError
          ? error
          : contentFailure(`cannot read ${origin.name}@${blob.digest}`, error, origin.name);
      });
      return blob.size;
    };
    const writeOnce = async (blob: Descriptor): Promise<number> => {
      const once = () => retryTransfer({ log, signal }, pauses, () => write(blob));
      return (await flights.once(blob.digest, signal, once)) ?? 0;
    };
    const sizes = valuesOf(await mapConcurrently(newContent(state, tree), atOnce, writeOnce));
    return {
      outcome: action === 'attach' ? 'attached' : found === undefined ? 'copied' : 'overwritten',
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      uploaded: sizes.filter((size) => size > 0).length,
      mounted: 0,
      ...(tree.referrers.length === 0 ? {} : { referrers: tree.referrers.length }),
    };
  };
}
