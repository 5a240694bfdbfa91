import { statfs } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { countOf, bytes as shownBytes } from '../../kit/log/format.js';
import { startByteProgress } from '../../kit/log/progress.js';
import { transferAll } from '../copy/copy.js';
import type { Files } from '../plan/files.js';
import { comesFrom } from '../report/recorded-images.js';
import type { Verified } from '../verify/verified.js';
import { DiskFailure } from './disk-failure.js';
import { transferTo } from './download.js';
import { type Draft, startDraft } from './draft.js';
import { knownSegmentsIn } from './known-segments.js';
import type { DiskPlan, ToDiskWork } from './plan-segment.js';
import type { PastSegment } from './segment/past.js';
import { bytesOf, type Segment } from './segment/segment.js';
import { type Fresh, newContent, nextState, withFiles } from './state.js';

/**
 * Writes what the plan says into a segment, reads it back, and records it: the history changes last. Images that fail are left out.
 * @throws DiskFailure, OpError (tool)
 */
export async function writeSegment(context: Context, plan: DiskPlan, work: ToDiskWork): Promise<void> {
  const { plan: made } = plan;
  const toWrite = made.items.flatMap(({ source }) => plan.trees.get(source) ?? []);
  const wanted = new Map(toWrite.flatMap((tree) => newContent(plan.state, tree)).map((one) => [one.digest, one.size]));
  const start = () => startDraft(work.disk, plan.sequence, work.partSize, new Set(wanted.keys()));
  await using draft = toWrite.length === 0 ? undefined : await start();
  const size = [...wanted.values()].reduce((sum, one) => sum + one, 0);
  if (draft !== undefined) await checkSpace(work.disk, size - draft.keptBytes);
  const broken = new AbortController();
  const inTime = { ...context, signal: AbortSignal.any([context.signal, broken.signal]) };
  const transfer = transferTo(draft, plan, work, inTime, (failure) => broken.abort(failure));
  const { images } = await transferAll(inTime, plan, work, transfer, 'source');
  const written = new Map(
    images.flatMap(({ source, outcome }) => {
      const tree = outcome === 'failed' ? undefined : plan.trees.get(source);
      return tree === undefined ? [] : [[source, tree] as const];
    }),
  );
  await sealSegment(context, plan, work, draft, written);
  await writeVerified(context, plan, work.files, written);
}

async function sealSegment(
  context: Context,
  plan: DiskPlan,
  { mirror, files, disk, history }: ToDiskWork,
  draft: Draft | undefined,
  written: ReadonlyMap<string, Fresh>,
): Promise<void> {
  const { chain, sequence, previous, baseline, state } = plan;
  const next = nextState(state, plan.plan.items, written, comesFrom(plan.plan.unlisted));
  const isSame = JSON.stringify(next.images) === JSON.stringify([...state.images.values()]);
  if (isSame && (baseline !== undefined || next.images.length === 0)) {
    const since = baseline === undefined ? '' : ` since segment ${baseline.sequence}`;
    const why = draft === undefined ? `nothing has changed${since}` : 'nothing that is new could be read';
    context.log.step(`segment: none is written, because ${why}`);
    return;
  }
  await using made = draft ?? (await startDraft(disk, sequence, undefined, new Set()));
  const segment: Omit<Segment, 'format' | 'version'> = {
    mirror: mirror.name,
    chain,
    sequence,
    previous: linkOf(previous),
    baseline: linkOf(baseline),
    createdAt: context.now().toISOString(),
    ...withFiles(next, made.filesOf),
  };
  const size = shownBytes(bytesOf(segment));
  context.log.step(`read back segment ${sequence}: ${size}`);
  const known = knownSegmentsIn(files.segments);
  using progress = startByteProgress(context, 'reading back', bytesOf(segment));
  const { digest, directory } = await made.seal(segment, {
    signal: context.signal,
    onRead: progress.add,
    beforeNamed: ({ digest, text }) => known.keep(digest, text),
  });
  await history.add(chain, { sequence, digest, at: segment.createdAt });
  const parts = new Set(segment.blobs.flatMap(({ files = [] }) => files.map(({ part }) => part))).size;
  context.log.step(
    `segment ${sequence}: ${countOf(next.images.length, 'image')}, ${size} in ${countOf(parts, 'part')}: ${directory}`,
  );
  context.log.step(`segment ${sequence} is ${digest}`);
}

const linkOf = (segment: PastSegment | undefined): Segment['previous'] =>
  segment === undefined ? null : { sequence: segment.sequence, digest: segment.digest };

/** Everything was read back, or the command has failed. */
async function writeVerified(
  { now }: Context,
  { plan, digest }: DiskPlan,
  files: Files,
  written: ReadonlyMap<string, Fresh>,
): Promise<void> {
  const images = plan.items.flatMap(({ source, destination, digest, action }) =>
    digest !== undefined && (action === 'skip' || written.has(source))
      ? [{ destination, digest, state: 'right' as const }]
      : [],
  );
  const verified: Verified = { version: 1, plan: digest, at: now().toISOString(), deep: false, images };
  await writeAtomic(files.verified, `${JSON.stringify(verified, undefined, 1)}\n`);
}

async function checkSpace(disk: string, needed: number): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(disk);
  const free = bavail * bsize;
  // Some file systems do not say how large they are.
  if (blocks === 0 || free >= needed) return;
  throw new DiskFailure(
    `there is too little room on ${disk}`,
    `${shownBytes(free)} are free, and the segment needs ${shownBytes(needed)}`,
    'make room, or use a larger disk; nothing was written',
  );
}
