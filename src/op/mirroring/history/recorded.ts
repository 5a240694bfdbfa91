import * as v from 'valibot';

/**
 * What a run says of an image: the destination has what it should (`mirrored`), or something else that is `kept` (drift: keep). The others
 * make a run fail.
 */
export const recordedOutcomes = ['mirrored', 'kept', 'drift', 'missing', 'failed', 'unknown', 'wrong'] as const;
export type RecordedOutcome = (typeof recordedOutcomes)[number];

/** Whether an image with this outcome makes a run fail. */
export const isFailing = (outcome: RecordedOutcome): boolean => outcome !== 'mirrored' && outcome !== 'kept';

/** What the destination has of one image, as a run left it. */
export interface RecordedImage {
  readonly source: string;
  readonly destination: string;
  /** What the destination has there; null if it has nothing, or that is not known. */
  readonly digest: string | null;
  readonly outcome: RecordedOutcome;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/u));

/** How the images went: `direct` is from registry to registry. */
export const workflows = ['direct', 'to-disk', 'from-disk'] as const;
export type Workflow = (typeof workflows)[number];

export const runShape = v.strictObject({
  /** When its plan was made, and the start of the plan's digest: `20261127T161000Z-1a2b3c4d`. */
  id: v.pipe(v.string(), v.regex(/^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$/u)),
  workflow: v.picklist(workflows),
  plannedAt: v.pipe(v.string(), v.isoTimestamp()),
  /** When the destination was read back. */
  verifiedAt: v.pipe(v.string(), v.isoTimestamp()),
  mirrorFile: v.string(),
  mirrorDigest: digest,
  planDigest: digest,
  images: count,
  /** Images that are not as they should be, and sources that could not be listed. */
  failing: count,
  unlisted: count,
  copied: count,
  /** Bytes that were uploaded. */
  bytes: count,
});
/** One run of a mirror that was verified. */
export type Run = v.InferOutput<typeof runShape>;

/** A run with what it left at the destination. */
export interface RecordedRun {
  readonly run: Run;
  /** Sorted by destination. */
  readonly images: readonly RecordedImage[];
}

/** Whether everything was as it should be. */
export const isGood = ({ failing, unlisted }: Run): boolean => failing === 0 && unlisted === 0;

/** The id of the run of a plan. */
export const runIdOf = (plannedAt: string, planDigest: string): string =>
  `${plannedAt.replace(/\.\d+/u, '').replaceAll(/[-:]/gu, '')}-${planDigest.slice('sha256:'.length).slice(0, 8)}`;
