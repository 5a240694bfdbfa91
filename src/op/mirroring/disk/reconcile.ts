import { join } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import type { ChainHistory } from './chain-history.js';
import type { KnownSegments } from './known-segments.js';
import type { DiskContent, DiskSegment } from './segment/chain.js';
import { checkFiles } from './segment/check-files.js';
import { segmentName, segmentsFolder } from './segment/layout.js';
import type { PastChain } from './segment/past.js';

/**
 * Compares a disk that will be written to with the history. A segment that a run has finished and not recorded, because it was stopped
 * between the two, is recorded.
 * @returns the history then
 * @throws OpError (refused) for a disk with segments that the history does not know
 */
export async function reconcile(
  context: Context,
  disk: string,
  content: DiskContent,
  history: ChainHistory,
  known: KnownSegments,
): Promise<PastChain | undefined> {
  const past = await history.read();
  const last = past?.segments.at(-1)?.sequence ?? 0;
  for (const sequence of [...content.keys()].toSorted((one, other) => one - other)) {
    const found = content.get(sequence);
    const recorded = past?.segments.find((one) => one.sequence === sequence);
    const name = join(disk, segmentsFolder, segmentName(sequence));
    if (found === undefined || 'problem' in found) {
      if (sequence > last) throw unknown(name, found?.problem ?? '');
      context.log.warn(`${name} is damaged: ${found?.problem ?? ''}`);
      continue;
    }
    if (recorded?.digest === found.digest) continue;
    const isNext = sequence === last + 1 && (past === undefined || past.chain === found.segment.chain);
    if (!isNext || !(await known.has(found.digest))) throw unknown(name, 'it was not written here');
    await adopt(context, name, found, history);
    return history.read();
  }
  return past;
}

async function adopt(context: Context, name: string, found: DiskSegment, history: ChainHistory): Promise<void> {
  const { chain, sequence, createdAt } = found.segment;
  const problems = await checkFiles(found, context.signal);
  if (problems.length > 0) {
    throw refusedError({
      what: `segment ${sequence} was not recorded, and is damaged`,
      why: problems.slice(0, 10).join('\n'),
      hint: `remove ${name}, and run this again`,
    });
  }
  await history.add(chain, { sequence, digest: found.digest, at: createdAt });
  context.log.step(`segment ${sequence} is on the disk and whole; the run that wrote it was stopped: recorded now`);
}

const unknown = (name: string, why: string) =>
  refusedError({
    what: `the history does not know ${name}`,
    why,
    hint: 'use another directory, or an empty disk; segments of two mirrors cannot share one',
  });
