import type { Descriptor, Manifest } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { findDigest } from '../../systems/registry/client/manifests.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import { nameOf, type Repository } from '../../systems/registry/client/repository.js';
import { type BlobSource, blobIn } from '../../systems/registry/copy/blob-source.js';
import type { Reference } from '../../systems/registry/reference.js';
import type { ManifestCache } from './manifests.js';

/** A manifest that refers to another, as a disk has it. */
export interface ListedReferrer extends Descriptor {
  readonly subject: string;
  /** Its artifact type, or the suffix of cosign's tag. */
  readonly kind: string;
}

/** Where one image comes from: a repository, or a disk. */
export interface Origin {
  /** For messages. */
  readonly name: string;
  /** Undefined for a disk. */
  readonly repository: Repository | undefined;
  /** The digest of the image now; undefined if it is not there. */
  readonly find: (signal: AbortSignal) => Promise<string | undefined>;
  readonly manifest: (digest: string, signal: AbortSignal) => Promise<Manifest>;
  /** What refers to its manifests, if it is a disk. */
  readonly referrers?: readonly ListedReferrer[];
  /** Undefined: it cannot be had any more. */
  readonly blob: (blob: Descriptor, signal: AbortSignal) => Promise<BlobSource | undefined>;
}

/** A blob that must be had. @throws RegistryFailure */
export async function mustHave(origin: Origin, blob: Descriptor, signal: AbortSignal): Promise<BlobSource> {
  const found = await origin.blob(blob, signal);
  if (found !== undefined) return found;
  throw new RegistryFailure(`cannot copy ${origin.name}`, `nothing has ${blob.digest} of it`, 'other', origin.name);
}

/** Where images come from. */
export type Origins = (image: Reference) => Promise<Origin>;

/** Images come from their registries. Manifests that are read go through the cache. */
export const fromRegistries =
  (registries: Registries, cache: ManifestCache): Origins =>
  async (image) => {
    const repository = await registries.repository(image);
    return {
      name: nameOf(repository),
      repository,
      find: (signal) => findDigest(repository, image.digest ?? image.tag ?? 'latest', signal),
      manifest: (digest, signal) => cache.read(repository, digest, signal),
      blob: async (blob) => blobIn(repository, blob),
    };
  };
