import { describe, expect, it } from 'vitest';
import { chooseBaseline, isDay } from './baseline.js';
import type { PastChain } from './segment/past.js';

const past: PastChain = {
  chain: '7b1c6a0e-6a51-4a53-8f4e-0d3b6d1f3f10',
  segments: [
    { sequence: 1, digest: 'sha256:1', at: '2026-11-01T08:00:00.000Z' },
    { sequence: 2, digest: 'sha256:2', at: '2026-11-08T23:59:59.999Z' },
    { sequence: 3, digest: 'sha256:3', at: '2026-11-09T00:00:00.000Z' },
  ],
};
const since = (day: string) => chooseBaseline(past, { kind: 'since', day });

describe('the baseline of a segment', () => {
  it('is the newest segment of the history', () =>
    expect(chooseBaseline(past, { kind: 'newest' })).toEqual({
      segment: past.segments[2],
      why: 'segment 3 of 2026-11-09T00:00:00.000Z',
    }));

  it.each([
    ['2026-11-08', 2],
    ['2026-11-09', 3],
    ['2026-11-07', 1],
    ['2027-01-01', 3],
    ['2026-11-01', 1],
  ])('since %s is segment %i: the newest at or before the end of that day', (day, sequence) =>
    expect(since(day).segment?.sequence).toBe(sequence),
  );

  it('is none before the first segment, without a history, and when it is not in the history; the log says so', () => {
    expect(since('2026-10-31')).toEqual({
      segment: undefined,
      why: 'none: no segment was written on or before 2026-10-31, so the segment is full',
    });
    expect(chooseBaseline(undefined, { kind: 'newest' }).why).toBe(
      'none: the history has no segment, so the segment is full',
    );
    expect(chooseBaseline(past, { kind: 'sequence', sequence: 7 }).why).toBe(
      'none: the history has no segment 7, so the segment is full',
    );
  });

  it('is the segment that is named, or none', () => {
    expect(chooseBaseline(past, { kind: 'sequence', sequence: 1 }).segment).toBe(past.segments[0]);
    expect(chooseBaseline(past, { kind: 'none' })).toEqual({
      segment: undefined,
      why: 'none: a full segment was asked for',
    });
  });
});

describe('a day', () => {
  it.each(['2026-11-09', '2024-02-29'])('%s is one', (text) => expect(isDay(text)).toBe(true));
  it.each(['2026-02-30', '2026-13-01', '2026-1-1', '09.11.2026', '2026-11-09T00:00:00Z', ''])('%s is none', (text) =>
    expect(isDay(text)).toBe(false),
  );
});
