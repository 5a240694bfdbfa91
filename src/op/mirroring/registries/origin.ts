import type { Descriptor, Manifest } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { findDigest } from '../../systems/registry/client/manifests.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import { nameOf, type Repository } from '../../systems/registry/client/repository.js';
import { type BlobSource, blobIn } from '../../systems/registry/copy/blob-source.js';
import { endOf } from '../../systems/registry/copy/single-flight.js';
import type { Reference } from '../../systems/registry/reference.js';
import type { ChartItem } from '../plan/plan.js';
import type { ManifestCache } from './manifests.js';

/** A manifest that refers to another, as a disk has it. */
export interface ListedReferrer extends Descriptor {
  readonly subject: string;
  /** Its artifact type, or the suffix of cosign's tag. */
  readonly kind: string;
}

/** What a destination has under the name that an image gets there. */
export interface There {
  /** Undefined: nothing. */
  readonly digest: Promise<string | undefined>;
  readonly manifest: (digest: string) => Promise<Manifest | undefined>;
}

/** Where one image comes from: a repository, a disk, or, for a chart, a Helm repository. */
export interface Origin {
  /** For messages. */
  readonly name: string;
  /** Undefined for all but a repository of a registry. */
  readonly repository: Repository | undefined;
  /**
   * The digest of the image now; undefined if it is not there.
   * @param there if what the destination has may tell, where a source does not say it
   */
  readonly find: (signal: AbortSignal, there?: There) => Promise<string | undefined>;
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

/** Where images come from. @param chart where it comes from, if it is a chart of a Helm repository */
export type Origins = (image: Reference, chart?: ChartItem) => Promise<Origin>;

/**
 * Images come from their registries, charts from their repositories. Manifests that are read go through the cache. An image that goes to
 * several places is asked for once, so that all of them get the same.
 */
export function fromRegistries(
  registries: Registries,
  chartOrigin: (image: Reference, chart: ChartItem) => Origin,
  cache: ManifestCache,
): Origins {
  const asked = new Map<string, Promise<string | undefined>>();
  const find = async (repository: Repository, reference: string, signal: AbortSignal) => {
    const name = nameOf(repository, reference);
    const earlier = asked.get(name);
    // What failed, perhaps with the time limit of another place, is asked again.
    if (earlier !== undefined && (await endOf(earlier, signal))) return earlier;
    const mine = findDigest(repository, reference, signal);
    asked.set(name, mine);
    return mine;
  };
  return async (image, chart) => {
    if (chart !== undefined) return chartOrigin(image, chart);
    const repository = await registries.repository(image);
    return {
      name: nameOf(repository),
      repository,
      find: (signal) => find(repository, image.digest ?? image.tag ?? 'latest', signal),
      manifest: (digest, signal) => cache.read(repository, digest, signal),
      blob: async (blob) => blobIn(repository, blob),
    };
  };
}
