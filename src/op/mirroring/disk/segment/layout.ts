import type { Segment, SegmentFile } from './segment.js';

/** The folder of all segments on a disk. */
export const segmentsFolder = 'segments';
/** The file of a segment that says what it has. */
export const segmentFile = 'segment.json';
/** The folder of a segment: `000002`. */
export const segmentName = (sequence: number): string => `${sequence}`.padStart(6, '0');
const partName = (part: number) => `part-${`${part}`.padStart(4, '0')}`;

/** The folders of the blobs of a part, below that of the segment. Source: OCI image layout specification, "Blobs". */
export const blobFolder = (part: number): readonly string[] => [partName(part), 'blobs', 'sha256'];

/** Where a file of a blob is, below the folder of the segment: made of its digest and its numbers only. */
export function blobPath(digest: string, files: readonly SegmentFile[], index: number): readonly string[] {
  const piece = files.length === 1 ? '' : `.${`${index + 1}`.padStart(4, '0')}`;
  return [...blobFolder(files[index]?.part ?? 1), `${digest.replace('sha256:', '')}${piece}`];
}

/** A file that makes the parts an OCI image layout: put together, they are one. */
export interface LayoutFile {
  readonly path: readonly string[];
  readonly text: string;
}

/**
 * The files of the first part for other tools. They follow from `segment.json`, and op itself does not read them. The reference of an
 * image is the whole source, so that two digests of one repository are two.
 */
export function layoutFiles({ images, blobs }: Pick<Segment, 'images' | 'blobs'>): readonly LayoutFile[] {
  const byDigest = new Map(blobs.map((blob) => [blob.digest, blob]));
  const manifests = images.map(({ source, digest }) => ({
    mediaType: byDigest.get(digest)?.mediaType,
    digest,
    size: byDigest.get(digest)?.size,
    annotations: { 'org.opencontainers.image.ref.name': source },
  }));
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  return [
    { path: [partName(1), 'oci-layout'], text: '{"imageLayoutVersion":"1.0.0"}' },
    { path: [partName(1), 'index.json'], text: `${JSON.stringify(index, undefined, 1)}\n` },
  ];
}
