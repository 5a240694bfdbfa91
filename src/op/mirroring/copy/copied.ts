import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const copiedImage = v.strictObject({
  source: v.string(),
  destination: v.string(),
  digest: v.string(),
  outcome: v.picklist(['copied', 'overwritten', 'attached', 'already-there', 'failed']),
  /** Bytes and blobs that were uploaded, and blobs that the registry had in another repository. */
  bytes: count,
  uploaded: count,
  mounted: count,
  /** Manifests that refer to it and were written. */
  referrers: v.optional(count),
  seconds: v.number(),
  why: v.optional(v.string()),
});
/** How the copy of one image ended. */
export type CopiedImage = v.InferOutput<typeof copiedImage>;

/** The file of what was done. */
export const copiedShape = v.strictObject({
  version: v.literal(1),
  /** SHA-256 of the plan. */
  plan: v.string(),
  startedAt: v.string(),
  endedAt: v.string(),
  images: v.array(copiedImage),
});
export type Copied = v.InferOutput<typeof copiedShape>;
