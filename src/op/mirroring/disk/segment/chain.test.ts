import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../systems/registry/client/content.js';
import { type DiskContent, type DiskSegment, findWay } from './chain.js';
import type { PastChain } from './past.js';
import type { SegmentLink } from './segment.js';

const chain = '7b1c6a0e-6a51-4a53-8f4e-0d3b6d1f3f10';
const otherChain = '11111111-6a51-4a53-8f4e-0d3b6d1f3f10';
const digestOf = (sequence: number, copy = '') => sha256(Buffer.from(`segment ${sequence}${copy}`));
const link = (sequence: number, copy = ''): SegmentLink | null =>
  sequence === 0 ? null : { sequence, digest: digestOf(sequence, copy) };

function segment(sequence: number, baseline = sequence - 1, parts: Partial<DiskSegment['segment']> = {}): DiskSegment {
  const createdAt = '2026-11-20T10:00:00.000Z';
  const links = { previous: link(sequence - 1), baseline: link(baseline) };
  return {
    segment: {
      format: 'octopipeline-mirror-segment',
      version: 1,
      mirror: 'site',
      chain,
      sequence,
      ...links,
      createdAt,
      images: [],
      blobs: [],
      ...parts,
    },
    digest: digestOf(sequence),
    directory: `/disk/segments/${sequence}`,
  };
}
const disk = (...segments: readonly DiskSegment[]): DiskContent =>
  new Map(segments.map((one) => [one.segment.sequence, one]));
const applied = (...sequences: readonly number[]): PastChain => ({
  chain,
  segments: sequences.map((sequence) => ({ sequence, digest: digestOf(sequence), at: '2026-11-20T10:00:00.000Z' })),
});
const numbers = (segments: readonly DiskSegment[]) => segments.map((one) => one.segment.sequence);
function refusal(content: DiskContent, past?: PastChain, accepted?: string) {
  try {
    findWay(content, past, accepted);
  } catch (error) {
    return error;
  }
  return expect.fail('it should have been refused');
}

describe('the way to the newest segment of a disk', () => {
  it('begins with a full one', () => {
    const way = findWay(disk(segment(1), segment(2)), undefined, undefined);
    expect([way.target.segment.sequence, numbers(way.needed), way.isAgain]).toEqual([2, [1, 2], false]);
  });

  it('goes on after what was applied, over several segments', () => {
    const way = findWay(disk(segment(1), segment(2), segment(3)), applied(1), undefined);
    expect([numbers(way.needed), numbers(way.earlier)]).toEqual([[2, 3], [1]]);
  });

  it('leaves out what the newest does not build on', () => {
    expect(numbers(findWay(disk(segment(4, 1)), applied(1, 2), undefined).needed)).toEqual([4]);
    expect(numbers(findWay(disk(segment(1), segment(2), segment(3, 0)), undefined, undefined).needed)).toEqual([3]);
  });

  it('is the same segment again, which is harmless', () => {
    const way = findWay(disk(segment(2)), applied(1, 2), undefined);
    expect([numbers(way.needed), way.isAgain]).toEqual([[2], true]);
  });

  it('does not exist on an empty disk', () =>
    expect(refusal(new Map())).toMatchObject({ kind: 'input', message: 'the disk has no segment' }));

  it('is refused with a gap, which says what to bring', () => {
    expect(refusal(disk(segment(3)), applied(1))).toMatchObject({
      kind: 'refused',
      message: 'segment 3 builds on segment 2, which is missing',
      why: 'this side has applied segments up to 1, and the disk does not have 2',
      hint: `bring segment 2 (${digestOf(2)}), or let the other side write a segment with --baseline=1`,
    });
    expect(refusal(disk(segment(2)))).toMatchObject({ hint: expect.stringContaining('with --full') });
  });

  it('is refused back to an older segment', () =>
    expect(refusal(disk(segment(2)), applied(1, 2, 3))).toMatchObject({
      kind: 'refused',
      message: 'segment 2 is older than what this side has',
    }));

  it('is refused for the chain of another mirror, unless it is accepted, and then it begins with a full one', () => {
    const past = { ...applied(1, 2), chain: otherChain };
    expect(refusal(disk(segment(3)), past)).toMatchObject({
      kind: 'refused',
      message: 'segment 3 belongs to another chain of segments',
      hint: expect.stringContaining(`--chain=${chain}`),
    });
    expect(refusal(disk(segment(3)), past, chain)).toMatchObject({ message: expect.stringContaining('is missing') });
    expect(numbers(findWay(disk(segment(1)), past, chain).needed)).toEqual([1]);
  });

  it('is refused when a number is given to another segment', () => {
    const forged = { ...segment(2), digest: digestOf(2, ' forged') };
    expect(refusal(disk(forged), applied(1, 2))).toMatchObject({ message: 'segment 2 is another one than before' });
    const follower = segment(3, 2, { previous: link(2, ' forged'), baseline: link(2, ' forged') });
    expect(refusal(disk(follower), applied(1, 2))).toMatchObject({ message: 'segment 3 follows another segment' });
    expect(refusal(disk(segment(1), segment(2), follower))).toMatchObject({
      why: expect.stringContaining('the disk has'),
    });
  });

  it('is refused when the disk has two chains', () => {
    const mixed = disk(segment(1, 0, { chain: otherChain }), segment(2));
    expect(refusal(mixed)).toMatchObject({ message: 'the disk has segments of several chains' });
  });

  it('is refused when a segment that is needed cannot be read, and only then', () => {
    const broken = { problem: 'segment.json: it is no JSON' };
    const content = new Map<number, DiskSegment | { problem: string }>([...disk(segment(3)), [2, broken]]);
    expect(refusal(content, applied(1))).toMatchObject({
      message: 'segment 2 of the disk cannot be read',
      why: broken.problem,
    });
    expect(numbers(findWay(content, applied(1, 2), undefined).needed)).toEqual([3]);
    expect(refusal(new Map([[5, broken]]))).toMatchObject({ message: 'segment 5 of the disk cannot be read' });
  });
});
