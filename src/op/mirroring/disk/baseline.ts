import type { PastChain, PastSegment } from './segment/past.js';

/** From where on a segment has what is new. */
export type BaselineWish =
  | { readonly kind: 'newest' }
  | { readonly kind: 'none' }
  /** The newest that was written at or before the end of this day, in UTC: `YYYY-MM-DD`. */
  | { readonly kind: 'since'; readonly day: string }
  | { readonly kind: 'sequence'; readonly sequence: number };

/** What a segment builds on; undefined for a full one. `why` is for the log. */
export interface Baseline {
  readonly segment: PastSegment | undefined;
  readonly why: string;
}

/** Chooses the baseline of a new segment. One that is not there means a full segment: that is always right, if large. */
export function chooseBaseline(past: PastChain | undefined, wish: BaselineWish): Baseline {
  if (wish.kind === 'none') return { segment: undefined, why: 'none: a full segment was asked for' };
  const segments = past?.segments ?? [];
  const full = (why: string): Baseline => ({ segment: undefined, why: `none: ${why}, so the segment is full` });
  if (segments.length === 0) return full('the history has no segment');
  if (wish.kind === 'sequence') {
    const segment = segments.find(({ sequence }) => sequence === wish.sequence);
    return segment === undefined ? full(`the history has no segment ${wish.sequence}`) : found(segment);
  }
  const end = wish.kind === 'newest' ? Number.POSITIVE_INFINITY : endOfDay(wish.day);
  const segment = segments.findLast(({ at }) => Date.parse(at) <= end);
  if (segment === undefined)
    return full(`no segment was written on or before ${wish.kind === 'since' ? wish.day : ''}`);
  return found(segment);
}

const found = (segment: PastSegment): Baseline => ({ segment, why: `segment ${segment.sequence} of ${segment.at}` });

const day = 24 * 60 * 60_000;
const endOfDay = (text: string): number => Date.parse(`${text}T00:00:00Z`) + day - 1;

/** Whether a text is a day that exists, as `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/u.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
