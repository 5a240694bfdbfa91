import type { SegmentLink } from './segment.js';

/** A segment that was written, on one side, or applied, on the other. */
export interface PastSegment extends SegmentLink {
  /** When; RFC 3339. */
  readonly at: string;
}

/** What a side remembers of its chain of segments: never what is in them, which may be large. */
export interface PastChain {
  readonly chain: string;
  /** Ascending, at least one. */
  readonly segments: readonly PastSegment[];
}
