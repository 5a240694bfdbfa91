import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const verifiedImage = v.strictObject({
  destination: v.string(),
  digest: v.string(),
  /** `unknown`: the registry did not say. */
  state: v.picklist(['right', 'wrong', 'missing', 'incomplete', 'unknown']),
  /** What was looked at with --deep. */
  manifests: v.optional(count),
  blobs: v.optional(count),
  /** Manifests that refer to it. */
  referrers: v.optional(count),
  why: v.optional(v.string()),
});
/** What the destination has of one image. */
export type VerifiedImage = v.InferOutput<typeof verifiedImage>;

/** The file of what was read back. */
export const verifiedShape = v.strictObject({
  version: v.literal(1),
  /** SHA-256 of the plan. */
  plan: v.string(),
  at: v.string(),
  deep: v.boolean(),
  images: v.array(verifiedImage),
});
export type Verified = v.InferOutput<typeof verifiedShape>;
