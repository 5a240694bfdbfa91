import { inputError, type OpError, refusedError } from '../../../kit/errors/op-error.js';
import type { PastChain } from './past.js';
import type { Segment, SegmentLink } from './segment.js';

/** A segment on a disk, as far as its `segment.json` could be read. Nothing else of it has been looked at. */
export interface DiskSegment {
  readonly segment: Segment;
  /** SHA-256 of its `segment.json`. */
  readonly digest: string;
  /** Its folder. */
  readonly directory: string;
}

/** What a disk has, by number: segments, and why others cannot be read. */
export type DiskContent = ReadonlyMap<number, DiskSegment | { readonly problem: string }>;

/** How a side gets from what it has to the newest segment of a disk. */
export interface Way {
  /** Its images are the wanted state. */
  readonly target: DiskSegment;
  /** What must be whole: the target, and what it builds on, as far as this side has not applied it. */
  readonly needed: readonly DiskSegment[];
  /** Earlier segments that are on the disk, too. */
  readonly earlier: readonly DiskSegment[];
  /** The target was applied before: doing it again is harmless. */
  readonly isAgain: boolean;
}

/**
 * Finds the way to the newest segment. Segments are never applied out of order, and never on something else than they build on.
 * @param applied what this side has applied
 * @param accepted a chain that may take the place of the one that was followed
 * @throws OpError (input) when the disk has no segment, (refused) with what to bring
 */
export function findWay(disk: DiskContent, applied: PastChain | undefined, accepted: string | undefined): Way {
  const newest = [...disk.keys()].toSorted((one, other) => other - one)[0];
  if (newest === undefined) {
    throw inputError({
      what: 'the disk has no segment',
      why: 'op mirror run --workflow=to-disk writes them to segments/000001 and so on',
      hint: 'name the directory that was given to it with --disk',
    });
  }
  const target = readable(disk, newest);
  const { chain } = target.segment;
  const past = pastOf(target, applied, accepted);
  checkChain(disk, chain, past);
  const last = past.at(-1)?.sequence ?? 0;
  if (newest < last) throw older(newest, last);
  const isApplied = (link: SegmentLink) => past.some(({ sequence }) => sequence === link.sequence);
  const needed = [target];
  for (let link = target.segment.baseline; link !== null && newest !== last && !isApplied(link); ) {
    const next = disk.has(link.sequence) ? readable(disk, link.sequence) : undefined;
    if (next === undefined) throw gap(needed[0] ?? target, link, last);
    needed.unshift(next);
    link = next.segment.baseline;
  }
  return { target, needed, earlier: earlierOn(disk, needed[0] ?? target), isAgain: newest === last };
}

function readable(disk: DiskContent, sequence: number): DiskSegment {
  const found = disk.get(sequence);
  if (found !== undefined && 'segment' in found) return found;
  throw refusedError({
    what: `segment ${sequence} of the disk cannot be read`,
    why: found?.problem ?? 'it is not there',
    hint: `bring segment ${sequence} again`,
  });
}

function pastOf(
  { segment: { mirror, chain, sequence } }: DiskSegment,
  applied: PastChain | undefined,
  accepted?: string,
) {
  if (applied === undefined || applied.chain === chain) return applied?.segments ?? [];
  if (accepted === chain) return [];
  throw refusedError({
    what: `segment ${sequence} belongs to another chain of segments`,
    why: `this side follows the chain ${applied.chain}, and the disk has ${chain}, of mirror ${mirror}`,
    hint: `bring the right disk; if the other side has begun anew, accept it once with --chain=${chain}`,
  });
}

/** Everything on the disk is of one chain, and whatever has the number of something that was applied is just that. */
function checkChain(disk: DiskContent, chain: string, past: PastChain['segments']): void {
  for (const [sequence, one] of disk) {
    if ('problem' in one) continue;
    if (one.segment.chain !== chain) {
      throw refusedError({
        what: 'the disk has segments of several chains',
        why: `segment ${sequence} is of ${one.segment.chain}, and the newest is of ${chain}`,
        hint: 'use a directory for each chain',
      });
    }
    const links = [{ sequence, digest: one.digest }, one.segment.previous, one.segment.baseline];
    for (const link of links) if (link !== null) checkLink(link, sequence, disk, past);
  }
}

function checkLink(link: SegmentLink, by: number, disk: DiskContent, past: PastChain['segments']): void {
  const there = disk.get(link.sequence);
  const here = past.find(({ sequence }) => sequence === link.sequence);
  const other =
    here !== undefined && here.digest !== link.digest
      ? `this side has applied ${here.digest}`
      : there !== undefined && 'segment' in there && there.digest !== link.digest
        ? `the disk has ${there.digest}`
        : undefined;
  if (other === undefined) return;
  throw refusedError({
    what: by === link.sequence ? `segment ${by} is another one than before` : `segment ${by} follows another segment`,
    why: `segment ${link.sequence} ${by === link.sequence ? 'is' : 'must be'} ${link.digest}, and ${other}`,
    hint: 'bring the segments as they were written; segments of two copies of one mirror do not fit together',
  });
}

const older = (newest: number, last: number): OpError =>
  refusedError({
    what: `segment ${newest} is older than what this side has`,
    why: `segment ${last} was applied already, and this would turn tags back`,
    hint: `bring segment ${last + 1} or a newer one`,
  });

const gap = ({ segment: { sequence } }: DiskSegment, link: SegmentLink, last: number): OpError =>
  refusedError({
    what: `segment ${sequence} builds on segment ${link.sequence}, which is missing`,
    why: `${last === 0 ? 'this side has applied none' : `this side has applied segments up to ${last}`}, and the disk does not have ${link.sequence}`,
    hint: `bring segment ${link.sequence} (${link.digest}), or let the other side write a segment with ${last === 0 ? '--full' : `--baseline=${last}`}`,
  });

/** What a segment builds on, as far as the disk has it. */
function earlierOn(disk: DiskContent, first: DiskSegment): readonly DiskSegment[] {
  const earlier: DiskSegment[] = [];
  for (let link = first.segment.baseline; link !== null; ) {
    const next = disk.get(link.sequence);
    if (next === undefined || !('segment' in next)) break;
    earlier.push(next);
    link = next.segment.baseline;
  }
  return earlier;
}
