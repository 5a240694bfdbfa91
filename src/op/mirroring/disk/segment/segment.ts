import * as v from 'valibot';
import { jsonOf, parseJson } from '../../../kit/json/parse-json.js';
import { digestForm, manifestTypes } from '../../../systems/registry/client/content.js';
import { formatReference, parseReference } from '../../../systems/registry/reference.js';
import { referrerKind } from '../../plan/referrers.js';

const format = 'octopipeline-mirror-segment';
/** Version 2 has referrers; a segment without them is of version 1, which an older op reads. */
const newest = 2;
/** Most parts of a segment, and pieces of a blob: their names have four digits. */
export const mostParts = 9999;
/** Most segments of a chain: their names have six digits. */
const mostSegments = 999_999;

const digest = v.pipe(v.string(), v.regex(digestForm));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const number = (most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(most));
const link = v.strictObject({ sequence: number(mostSegments), digest });
const source = v.pipe(
  v.string(),
  v.maxLength(500),
  v.check((text) => {
    const read = parseReference(text);
    return !('problem' in read) && formatReference(read) === text;
  }, 'must be an image'),
);

const referrer = v.strictObject({
  /** The manifest that it is about: of the image, or another referrer. */
  subject: digest,
  /** Its artifact type, or the suffix of a tag of cosign's: `.sig`, `.att`, `.sbom`. */
  kind: referrerKind,
  digest,
});
/** A manifest that refers to an image, such as a signature. */
export type SegmentReferrer = v.InferOutput<typeof referrer>;

const image = v.strictObject({
  /** The image as the mirror file of the sender selects it: with its registry, and its tag, its digest or both. */
  source,
  /** What the destination should have; of an index of which some platforms were chosen, what became of it. */
  digest,
  /** The platforms of an index that names more than these; absent if all are there. */
  platforms: v.optional(v.strictObject({ keep: v.array(v.string()), as: v.literal('sparse') })),
  /** Digests of everything that it consists of, and what refers to it: manifests, configurations, layers. */
  content: v.array(digest),
  /** What refers to it; since version 2. */
  referrers: v.optional(v.array(referrer)),
});
/** One image of the selection, new or not. */
export type SegmentImage = v.InferOutput<typeof image>;

const file = v.strictObject({ part: number(mostParts), size: count, digest });
/** A file of a part. */
export type SegmentFile = v.InferOutput<typeof file>;

const blob = v.strictObject({
  digest,
  size: count,
  /** Of a manifest; absent for all others. */
  mediaType: v.optional(v.picklist(manifestTypes)),
  /** Where it is in this segment: one file, or, of a blob that is larger than a part, its pieces. Absent: the baseline has it. */
  files: v.optional(v.pipe(v.array(file), v.minLength(1), v.maxLength(mostParts))),
});
/** A manifest, a configuration or a layer. */
export type SegmentBlob = v.InferOutput<typeof blob>;

const shape = v.pipe(
  v.strictObject({
    format: v.literal(format),
    version: v.picklist([1, newest]),
    /** Name of the sender's mirror, for people. */
    mirror: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,63}$/u)),
    /** Names the chain of segments, from the first full one on. */
    chain: v.pipe(v.string(), v.uuid()),
    sequence: number(mostSegments),
    /** The segment before, by the SHA-256 of its `segment.json`; null for the first. */
    previous: v.nullable(link),
    /** The segment whose images this one builds on; null for a full one. */
    baseline: v.nullable(link),
    createdAt: v.pipe(v.string(), v.isoTimestamp()),
    /** All images of the selection. */
    images: v.array(image),
    /** Everything that they consist of, each once. */
    blobs: v.array(blob),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? contradictionIn(dataset.value) : undefined;
    if (problem !== undefined) addIssue({ message: problem });
  }),
);
/** What `segment.json` says. */
export type Segment = v.InferOutput<typeof shape>;
/** Names a segment of a chain. */
export type SegmentLink = v.InferOutput<typeof link>;

/** The text of `segment.json`. */
export function segmentText(segment: Omit<Segment, 'format' | 'version'>): string {
  const version = segment.images.some(({ referrers = [] }) => referrers.length > 0) ? newest : 1;
  return `${JSON.stringify({ format, version, ...segment }, undefined, 1)}\n`;
}

/** Reads `segment.json`, of which nothing is trusted. @returns why it is none, if it is none */
export function parseSegment(text: string): Segment | { readonly problem: string } {
  const head = parseJson(v.object({ format: v.literal(format), version: v.number() }), text);
  if (head !== undefined && head.version > newest)
    return { problem: `it has version ${head.version}: a newer op wrote it` };
  const read = v.safeParse(jsonOf(shape), text);
  if (read.success) return read.output;
  const [issue] = read.issues;
  const path = v.getDotPath(issue);
  return { problem: path === null ? issue.message : `${path}: ${issue.message}` };
}

function contradictionIn({ sequence, previous, baseline, images, blobs }: Omit<Segment, 'format'>): string | undefined {
  const known = new Set(blobs.map((one) => one.digest));
  const manifests = new Set(blobs.filter(({ mediaType }) => mediaType !== undefined).map((one) => one.digest));
  if (known.size < blobs.length) return 'a blob is there twice';
  if (new Set(images.map((one) => one.source)).size < images.length) return 'an image is there twice';
  if ((previous?.sequence ?? 0) !== sequence - 1) return 'the segment before it has another number';
  if (baseline !== null && (previous === null || baseline.sequence > previous.sequence)) {
    return 'it builds on a segment that is not before it';
  }
  if (baseline?.sequence === previous?.sequence && baseline?.digest !== previous?.digest) {
    return 'it names two segments with one number';
  }
  const odd = images.find(
    ({ digest, content, referrers = [] }) =>
      ![digest, ...referrers.map((one) => one.digest)].every((one) => manifests.has(one)) ||
      ![digest, ...referrers.flatMap((one) => [one.subject, one.digest])].every((one) => content.includes(one)) ||
      !content.every((one) => known.has(one)),
  );
  if (odd !== undefined) return `${odd.source} has content that it does not list`;
  const wrong = blobs.find((one) => !isConsistent(one, baseline === null));
  return wrong === undefined ? undefined : `the files of ${wrong.digest} are not the blob`;
}

function isConsistent({ digest, size, files }: SegmentBlob, isFull: boolean): boolean {
  if (files === undefined) return !isFull;
  const [first] = files;
  return sizeOf(files) === size && (files.length > 1 || first?.digest === digest);
}

const sizeOf = (files: readonly SegmentFile[]) => files.reduce((sum, { size }) => sum + size, 0);

/** Bytes of blobs that a segment brings. */
export const bytesOf = ({ blobs }: Pick<Segment, 'blobs'>): number =>
  blobs.reduce((sum, { files = [] }) => sum + sizeOf(files), 0);
