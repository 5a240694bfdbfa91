import { describe, expect, it } from 'vitest';
import { startParts } from './parts.js';

describe('the parts of a segment', () => {
  it('are one without a limit', () => {
    const parts = startParts(undefined);
    expect([3, 0, 5e12].map(parts.roomFor)).toEqual([
      [{ part: 1, size: 3 }],
      [{ part: 1, size: 0 }],
      [{ part: 1, size: 5e12 }],
    ]);
  });

  it('never have more than the limit, and a blob that fits into one is not cut', () => {
    const parts = startParts(100);
    expect([60, 40, 30, 71].map(parts.roomFor)).toEqual([
      [{ part: 1, size: 60 }],
      [{ part: 1, size: 40 }],
      [{ part: 2, size: 30 }],
      [{ part: 3, size: 71 }],
    ]);
  });

  it('share a blob that is larger, which starts in a part of its own, and what follows fills the last', () => {
    const parts = startParts(100);
    expect([10, 250, 50, 1, 200].map(parts.roomFor)).toEqual([
      [{ part: 1, size: 10 }],
      [
        { part: 2, size: 100 },
        { part: 3, size: 100 },
        { part: 4, size: 50 },
      ],
      [{ part: 4, size: 50 }],
      [{ part: 5, size: 1 }],
      [
        { part: 6, size: 100 },
        { part: 7, size: 100 },
      ],
    ]);
  });

  it('hold any blobs whole, in order', () => {
    for (let limit = 1; limit < 12; limit++) {
      const parts = startParts(limit);
      const used = new Map<number, number>();
      for (const size of [0, 1, 5, 11, 12, 3, 40, 0, 2, 7]) {
        const rooms = parts.roomFor(size);
        expect(rooms.reduce((sum, room) => sum + room.size, 0)).toBe(size);
        if (size <= limit) expect(rooms).toHaveLength(1);
        for (const { part, size } of rooms) used.set(part, (used.get(part) ?? 0) + size);
      }
      expect(Math.max(...used.values())).toBeLessThanOrEqual(limit);
    }
  });
});
