import type { Context } from '../context.js';
import { OpError, toolError } from '../kit/errors/op-error.js';
import { runIdOf } from './history/recorded.js';
import type { Turn } from './history/take-turn.js';
import { afterRun } from './prune/note-written.js';
import type { Reported } from './report/report.js';

/**
 * Records a run that was copied and verified. The images are at the destination whether or not that works: the caller first says how the
 * run ended.
 * @returns what the command fails with when the history could not be written
 */
export async function remember(
  context: Context,
  { history, written }: Pick<Turn, 'history' | 'written'>,
  { report, left }: Reported,
): Promise<OpError | undefined> {
  const { workflow, copiedAt, verifiedAt, plannedAt, planDigest, mirrorFile, mirrorDigest, totals, images, unlisted } =
    report;
  // A plan whose images were not copied: nothing was done that could be remembered.
  if (copiedAt === null || verifiedAt === null) return undefined;
  const run = {
    id: runIdOf(plannedAt, planDigest),
    workflow,
    plannedAt,
    verifiedAt,
    mirrorFile,
    mirrorDigest,
    planDigest,
    images: images.length,
    failing: images.filter(({ fails }) => fails).length,
    unlisted: unlisted.length,
    copied: totals.copied + totals.overwritten,
    bytes: totals.bytes,
  } as const;
  try {
    // Before the run: what it left is not pruned before it is known to be ours.
    if (workflow !== 'to-disk') {
      await written.change((before) => ({ ...before, images: afterRun(before.images, report, left, verifiedAt) }));
    }
    await history.recordRun({ run, images: left });
    return undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof OpError)) throw error;
    const lost = toolError({
      what: `the run is not in the history of ${history.place}`,
      why: `${error.message}: ${error.why}`,
      hint: 'what it mirrored is at the destination; run op mirror verify, which records the run',
      cause: error,
    });
    context.log.warn(`${lost.message}: ${lost.why}`);
    return lost;
  }
}
