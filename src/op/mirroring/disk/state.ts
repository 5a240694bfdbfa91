import { type Descriptor, manifestTypes } from '../../systems/registry/client/content.js';
import type { Tree } from '../../systems/registry/copy/image-tree.js';
import type { PlanItem } from '../plan/plan.js';
import { isCosignTag } from '../referrers/kinds.js';
import type { Segment, SegmentBlob, SegmentFile, SegmentImage, SegmentReferrer } from './segment/segment.js';

/** What a segment builds on: the images that the other side has. */
export interface State {
  readonly images: ReadonlyMap<string, SegmentImage>;
  readonly blobs: ReadonlyMap<string, SegmentBlob>;
}

/** What of an image is to be written: all of it, or what is new of that which refers to it. */
export interface Fresh extends Tree {
  readonly referrers: readonly SegmentReferrer[];
}

/** @param segment undefined: the other side has nothing */
export const stateOf = (segment: Pick<Segment, 'images' | 'blobs'> | undefined): State => ({
  images: new Map(segment?.images.map((image) => [image.source, image])),
  blobs: new Map(segment?.blobs.map((blob) => [blob.digest, blob])),
});

/** Whether the other side has an image, with the platforms that are chosen. */
export function hasImage(
  { images }: State,
  { source, digest, platforms }: Pick<PlanItem, 'source' | 'digest' | 'platforms'>,
): boolean {
  const found = images.get(source);
  return found !== undefined && found.digest === digest && keptIn(found.platforms) === keptIn(sparseOf(platforms));
}

const keptIn = (choice: SegmentImage['platforms']): string => choice?.keep.join(',') ?? '';

/** Only of a sparse index the digest does not say what is there. */
const sparseOf = (platforms: PlanItem['platforms']): SegmentImage['platforms'] =>
  platforms?.as === 'sparse' ? { keep: platforms.keep, as: 'sparse' } : undefined;

/** What of an image must be written: its manifests, so that it can be read without the baseline, and the blobs that are new. */
export const newContent = ({ blobs }: State, tree: Tree): readonly Descriptor[] => [
  ...tree.manifests,
  ...tree.blobs.filter(({ digest }) => !blobs.has(digest)),
];

/**
 * The images that the other side will have, with everything that they consist of. What could not be read now stays as it was before.
 * @param trees of images that were written, by source
 * @param isKept whether an image that is not in the plan stays, because nobody knows whether it is still selected
 */
export function nextState(
  before: State,
  items: readonly PlanItem[],
  trees: ReadonlyMap<string, Fresh>,
  isKept: (source: string) => boolean,
): Pick<Segment, 'images' | 'blobs'> {
  const planned = new Set(items.map(({ source }) => source));
  const known = new Map<string, SegmentBlob>();
  const images = items.flatMap((item): SegmentImage[] => {
    const tree = trees.get(item.source);
    const earlier = before.images.get(item.source);
    if (tree === undefined || item.digest === undefined) return earlier === undefined ? [] : [earlier];
    for (const { digest, size, mediaType: sent } of tree.manifests) {
      const mediaType = manifestTypes.find((type) => type === sent);
      known.set(digest, { digest, size, ...(mediaType === undefined ? {} : { mediaType }) });
    }
    for (const { digest, size } of tree.blobs) if (!known.has(digest)) known.set(digest, { digest, size });
    const written = [...tree.manifests, ...tree.blobs].map(({ digest }) => digest);
    if (item.action === 'attach' && earlier !== undefined) return [withReferrers(earlier, written, tree.referrers)];
    const platforms = sparseOf(item.platforms);
    const image = { source: item.source, digest: item.digest, ...(platforms === undefined ? {} : { platforms }) };
    return [withReferrers({ ...image, content: [] }, written, tree.referrers)];
  });
  const kept = [...before.images.values()].filter(({ source }) => !planned.has(source) && isKept(source));
  const all = [...new Map([...images, ...kept].map((image) => [image.source, image])).values()];
  const used = new Set(all.flatMap(({ content }) => content));
  return {
    images: all.toSorted((one, other) => (one.source < other.source ? -1 : 1)),
    blobs: [...used].toSorted().map((digest) => blobFor(digest, known, before)),
  };
}

const withReferrers = (
  { referrers: earlier = [], ...image }: SegmentImage,
  content: readonly string[],
  added: readonly SegmentReferrer[],
): SegmentImage => {
  // One of cosign's tags has one manifest.
  const placeOf = ({ subject, kind, digest }: SegmentReferrer) => `${subject} ${isCosignTag(kind) ? kind : digest}`;
  const referrers = [...new Map([...earlier, ...added].map((one) => [placeOf(one), one])).values()];
  const all = [...new Set([...image.content, ...content])];
  return { ...image, content: all, ...(referrers.length === 0 ? {} : { referrers }) };
};

function blobFor(digest: string, known: ReadonlyMap<string, SegmentBlob>, { blobs }: State): SegmentBlob {
  const found = known.get(digest) ?? blobs.get(digest);
  if (found === undefined) throw new Error(`nothing is known of ${digest}`);
  const { files: _, ...rest } = found;
  return rest;
}

/** The same with the files of what was written. */
export const withFiles = (
  { images, blobs }: Pick<Segment, 'images' | 'blobs'>,
  filesOf: (digest: string) => readonly SegmentFile[],
): Pick<Segment, 'images' | 'blobs'> => ({
  images,
  blobs: blobs.map((blob) => {
    const files = filesOf(blob.digest);
    return files.length === 0 ? blob : { ...blob, files: [...files] };
  }),
});
