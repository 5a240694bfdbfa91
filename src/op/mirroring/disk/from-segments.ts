import { pipeline, Readable } from 'node:stream';
import { openPlain } from '../../kit/files/open-plain.js';
import { hasBlob } from '../../systems/registry/client/blobs.js';
import {
  checking,
  type Descriptor,
  largestManifest,
  type Manifest,
  readManifest,
  sha256,
} from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { fetchManifest } from '../../systems/registry/client/manifests.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import { type BlobSource, blobIn } from '../../systems/registry/copy/blob-source.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import type { Origin, Origins } from '../registries/origin.js';
import { referrersOn } from './referrers.js';
import type { DiskSegment, Way } from './segment/chain.js';
import { blobPath } from './segment/layout.js';
import type { SegmentBlob } from './segment/segment.js';

/** A blob, and the segment that has its files. */
interface Held {
  readonly blob: SegmentBlob;
  readonly segment: DiskSegment;
}

/**
 * Images come from the segments of a disk. Blobs of unchanged images are not there: they are taken from where the destination has them, for
 * an image that is new in another repository.
 * @param destinations of the images of the newest segment, by source; they may become known later
 */
export function fromSegments(
  way: Way,
  registries: Registries,
  destinations: ReadonlyMap<string, readonly Reference[]>,
): Origins {
  const held = new Map<string, Held>();
  for (const segment of [...way.earlier.toReversed(), ...way.needed]) {
    for (const blob of segment.segment.blobs) if (blob.files !== undefined) held.set(blob.digest, { blob, segment });
  }
  const { images } = way.target.segment;
  const bySource = new Map(images.map((image) => [image.source, image]));
  const repositoriesWith = (digest: string): Promise<readonly Repository[]> => {
    const places = images.flatMap(({ source, content }) =>
      content.includes(digest) ? (destinations.get(source) ?? []) : [],
    );
    return Promise.all(places.map(registries.repository));
  };
  const elsewhere = async (blob: Descriptor, signal: AbortSignal): Promise<BlobSource | undefined> => {
    for (const repository of await repositoriesWith(blob.digest)) {
      if (await hasBlob(repository, blob, signal)) return blobIn(repository, blob);
    }
    return undefined;
  };
  const byDigest = new Map(way.target.segment.blobs.map((blob) => [blob.digest, blob]));
  return async (image): Promise<Origin> => {
    const name = formatReference(image);
    return {
      name,
      repository: undefined,
      referrers: referrersOn(bySource.get(name), byDigest),
      find: async () => bySource.get(name)?.digest,
      manifest: async (digest, signal) => {
        const found = held.get(digest);
        if (found !== undefined) return manifestIn(name, found);
        for (const repository of await repositoriesWith(digest)) {
          const there = await fetchManifest(repository, digest, signal);
          if (there !== undefined) return there;
        }
        throw lost(name, digest, way);
      },
      blob: async (blob, signal) => {
        const found = held.get(blob.digest);
        if (found !== undefined) return { home: undefined, read: async () => contentOf(found, blob) };
        const there = await elsewhere(blob, signal);
        if (there === undefined) throw lost(name, blob.digest, way);
        return there;
      },
    };
  };
}

async function manifestIn(name: string, { blob, segment }: Held): Promise<Manifest> {
  if (blob.size > largestManifest) throw damaged(name, `${blob.digest} is too large for a manifest`);
  const chunks: Buffer[] = [];
  for await (const chunk of filesOf({ blob, segment })) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (sha256(bytes) !== blob.digest) throw damaged(name, `${blob.digest} has other content`);
  const manifest = readManifest(bytes, blob.digest, blob.mediaType);
  if ('why' in manifest) throw damaged(name, manifest.why);
  return manifest;
}

/** The content is checked again as it is sent: a disk may change after it was checked. */
function contentOf(held: Held, blob: Descriptor): Readable {
  const content = checking(blob);
  // The stream carries the error.
  pipeline(Readable.from(filesOf(held), { objectMode: false }), content, () => undefined);
  return content;
}

async function* filesOf({ blob: { digest, files = [] }, segment: { directory } }: Held): AsyncGenerator<Buffer> {
  for (const [index] of files.entries()) {
    await using handle = await openPlain(directory, blobPath(digest, files, index));
    yield* handle.createReadStream({ autoClose: false, highWaterMark: 512 * 1024 });
  }
}

const damaged = (name: string, why: string) =>
  new RegistryFailure(`cannot read ${name}`, `the disk has changed: ${why}`, 'other', 'the disk');

const lost = (name: string, digest: string, { target: { segment } }: Way) =>
  new RegistryFailure(
    `cannot copy ${name}`,
    `${digest} of it was in an earlier segment than ${segment.sequence}, and the destination has lost it: bring the earlier segments on one disk, or let the other side write one with --full`,
    'other',
    'the disk',
  );
