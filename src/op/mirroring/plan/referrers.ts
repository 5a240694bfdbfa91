import * as v from 'valibot';

const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/u));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Artifact types, and the suffixes of cosign's tags. */
export const referrerKind = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/u));

/** Something that refers to an image, and that the destination should have. Each comes after its subject. */
export const plannedReferrer = v.strictObject({
  /** The manifest that it is about: the image, one of its platforms, or another that refers to it. */
  subject: digest,
  /** Its artifact type, or `.sig`, `.att`, `.sbom`. */
  kind: referrerKind,
  digest,
  /** What cosign's tag names at the destination now. */
  found: v.optional(digest),
  /** Whether the destination has it already. */
  there: v.boolean(),
  /** Bytes that the destination lacks. */
  bytes: v.optional(count),
});
export type PlannedReferrer = v.InferOutput<typeof plannedReferrer>;

/** Something that refers to an image, and is not copied. */
export const leftReferrer = v.strictObject({ subject: digest, kind: referrerKind, digest, why: v.string() });
export type LeftReferrer = v.InferOutput<typeof leftReferrer>;
