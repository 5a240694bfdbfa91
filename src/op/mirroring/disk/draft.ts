import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { checkFolders } from '../../kit/files/open-plain.js';
import { syncFolder } from '../../kit/files/sync-folder.js';
import type { Descriptor } from '../../systems/registry/client/content.js';
import { isBlob, sizeOf, writeFiles } from './blob-files.js';
import { DiskFailure, onDisk } from './disk-failure.js';
import { readBack, syncFolders } from './read-back.js';
import { leave, partialName, takeRemains } from './remains.js';
import type { DiskSegment } from './segment/chain.js';
import { blobFolder, blobPath, layoutFiles, segmentFile, segmentName, segmentsFolder } from './segment/layout.js';
import { type Room, startParts } from './segment/parts.js';
import { mostParts, type Segment, type SegmentFile, segmentText } from './segment/segment.js';

/** A segment that is being written. Nothing has its name before it is whole. The end of its `await using` leaves the rest to the next run. */
export interface Draft extends AsyncDisposable {
  /** Bytes of whole blobs that an earlier run has left. */
  readonly keptBytes: number;
  /** The file of a blob that an earlier run has left, if there is one, is taken instead of `read`. @throws DiskFailure, or what `read` does */
  readonly write: (blob: Descriptor, read: () => Promise<Readable>, signal: AbortSignal) => Promise<void>;
  /** Where a blob is that was written. */
  readonly filesOf: (digest: string) => readonly SegmentFile[];
  /**
   * Removes what does not belong to it, reads everything back, and gives it its name.
   * @throws DiskFailure
   */
  readonly seal: (segment: Omit<Segment, 'format' | 'version'>, parts: SealParts) => Promise<Sealed>;
}

/** What happens while a segment is read back. */
export interface SealParts {
  readonly signal: AbortSignal;
  readonly onRead?: (bytes: number) => void;
  /** Called before anybody can find it. */
  readonly beforeNamed: (sealed: Sealed) => Promise<void>;
}

/** A segment that was written and read back. */
export interface Sealed extends DiskSegment {
  /** Of `segment.json`. */
  readonly text: string;
}

/**
 * Begins a segment.
 * @param partSize bytes of blobs in a part; undefined: no limit
 * @param wanted digests of the blobs that it will have
 * @throws DiskFailure, OpError (refused) when another run is writing there
 */
export async function startDraft(
  disk: string,
  sequence: number,
  partSize: number | undefined,
  wanted: ReadonlySet<string>,
): Promise<Draft> {
  const folder = join(disk, segmentsFolder);
  const directory = join(folder, await partialName(segmentName(sequence)));
  const remains = await onDisk(disk, async () => {
    // Not recursive: on a read-only disk, that says that the folder does not exist.
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await checkFolders(disk, [segmentsFolder]);
    const kept = await takeRemains(folder, wanted);
    await mkdir(directory);
    return kept;
  });
  const parts = startParts(partSize);
  const rooms = new Map<string, readonly Room[]>();
  const written = new Map<string, readonly SegmentFile[]>();
  const roomsFor = ({ digest, size }: Descriptor) => {
    const found = rooms.get(digest) ?? parts.roomFor(size);
    if (found.some(({ part }) => part > mostParts)) throw tooSmall(partSize);
    rooms.set(digest, found);
    return found;
  };
  return {
    keptBytes: await sizeOf(disk, [...remains.values()]),
    write: async (blob, read, signal) => {
      const files = roomsFor(blob).map(({ part, size }) => ({ part, size, digest: blob.digest }));
      const paths = files.map((_, index) => join(directory, ...blobPath(blob.digest, files, index)));
      await onDisk(disk, async () => {
        for (const { part } of files) await mkdir(join(directory, ...blobFolder(part)), { recursive: true });
      });
      const left = remains.get(blob.digest);
      if (left !== undefined && files.length === 1 && (await isBlob(left, blob))) {
        await onDisk(disk, () => rename(left, paths[0] ?? left));
        written.set(blob.digest, files);
        return;
      }
      const digests = await writeFiles(disk, await read(), paths, files, signal);
      // The content had the digest of the blob as a whole.
      const own = (index: number) => (files.length === 1 ? blob.digest : (digests[index] ?? ''));
      written.set(
        blob.digest,
        files.map((file, index) => ({ ...file, digest: own(index) })),
      );
    },
    filesOf: (digest) => written.get(digest) ?? [],
    seal: (segment, { signal, onRead, beforeNamed }) =>
      onDisk(disk, async () => {
        await removeOthers(directory, segment);
        const text = segmentText(segment);
        for (const file of layoutFiles(segment)) await writeWhole(join(directory, ...file.path), file.text);
        await writeWhole(join(directory, segmentFile), text);
        await syncFolders(directory);
        const read = await readBack(directory, text, signal, onRead);
        const final = join(folder, segmentName(sequence));
        await beforeNamed({ ...read, text });
        await rename(directory, final);
        await syncFolder(folder);
        await takeRemains(folder, new Set());
        return { ...read, directory: final, text };
      }),
    [Symbol.asyncDispose]: () => leave(folder, segmentName(sequence), directory),
  };
}

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await using handle = await open(path, 'w');
  await handle.writeFile(text);
  await handle.sync();
}

/** Blobs of images that failed are written, but nothing has them. */
async function removeOthers(directory: string, { blobs }: Pick<Segment, 'blobs'>): Promise<void> {
  const listed = blobs.flatMap(({ digest, files = [] }) =>
    files.map((_, index) => join(directory, ...blobPath(digest, files, index))),
  );
  const own = new Set(listed);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !own.has(path)) await rm(path);
  }
}

const tooSmall = (partSize: number | undefined) =>
  new DiskFailure(
    'the segment has too many parts',
    `it needs more than ${mostParts} of ${partSize} bytes`,
    'increase --part-size',
  );
