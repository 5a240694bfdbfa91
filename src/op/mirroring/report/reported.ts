import type { Changes } from '../history/changes.js';
import type { Workflow } from '../history/recorded.js';
import type { LeftReferrer } from '../plan/referrers.js';

/** What became of an image in the end. */
export const outcomes = [
  'copied',
  'overwritten',
  'attached',
  'unchanged',
  'planned',
  'drift',
  'missing',
  'failed',
  'unknown',
  'wrong',
] as const;
export type Outcome = (typeof outcomes)[number];

/** One image of a report. */
export interface ReportedImage {
  readonly source: string;
  readonly destination: string;
  readonly digest: string | null;
  readonly outcome: Outcome;
  readonly bytes: number;
  /** Whether the destination was asked for it afterwards, and had it. */
  readonly verified: boolean;
  /** Whether it makes the run fail. */
  readonly fails: boolean;
  readonly why: string | null;
  /** Manifests that refer to it, and that the destination should have. */
  readonly referrers: number;
  /** What refers to it at the source, and was not copied. */
  readonly left: readonly LeftReferrer[];
}

/** What happened in a run. */
export interface Report {
  readonly version: 1;
  /** Of the mirror. */
  readonly name: string;
  readonly workflow: Workflow;
  readonly mirrorFile: string;
  readonly mirrorDigest: string;
  readonly planDigest: string;
  readonly plannedAt: string;
  readonly copiedAt: string | null;
  readonly verifiedAt: string | null;
  readonly verifiedDeep: boolean;
  /** Why nothing was copied at all; empty if it was. */
  readonly refused: readonly string[];
  readonly unlisted: readonly { readonly source: string; readonly why: string }[];
  readonly totals: Readonly<Record<Outcome, number>> & { readonly bytes: number };
  /** What is different from the newest recorded run before this one; null if there is none, or nothing was copied. */
  readonly changes: Changes | null;
  readonly images: readonly ReportedImage[];
}
