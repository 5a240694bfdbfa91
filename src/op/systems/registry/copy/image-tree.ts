import { mapConcurrently, valuesOf } from '../../../kit/process/map-concurrently.js';
import type { Descriptor, Manifest } from '../client/content.js';
import { RegistryFailure } from '../client/failure.js';
import { fetchManifest } from '../client/manifests.js';
import type { Repository } from '../client/repository.js';

/** An image with all its platforms. */
export interface Tree {
  /** Children before those that name them: the order in which they are written. The last is the image itself. */
  readonly manifests: readonly Manifest[];
  /** Each once. */
  readonly blobs: readonly Descriptor[];
}

/** How large an image may be. */
export interface TreeLimits {
  /** Indexes within indexes. */
  readonly deepest: number;
  /** Manifests. */
  readonly most: number;
}

/**
 * Reads what an image consists of.
 * @param read a manifest by its digest @param odd the failure for an image that is none @throws RegistryFailure
 */
export async function treeOf(
  root: Manifest,
  read: (digest: string) => Promise<Manifest>,
  { deepest, most }: TreeLimits,
  odd: (why: string) => Error,
): Promise<Tree> {
  const manifests = new Map<string, Manifest>();
  const visit = async (manifest: Manifest, depth: number): Promise<void> => {
    if (manifest.children.length > 0 && depth >= deepest) throw odd(`it has indexes in indexes, ${deepest} deep`);
    const children = manifest.children.filter((child) => !manifests.has(child.digest));
    if (manifests.size + children.length > most) throw odd(`it has more than ${most} manifests`);
    valuesOf(await mapConcurrently(children, 4, async (child) => visit(await read(child.digest), depth + 1)));
    manifests.set(manifest.digest, manifest);
  };
  await visit(root, 0);
  const blobs = new Map([...manifests.values()].flatMap((one) => one.blobs).map((blob) => [blob.digest, blob]));
  return { manifests: [...manifests.values()], blobs: [...blobs.values()] };
}

/** A manifest that must be there. @throws RegistryFailure */
export async function mustFetch(repository: Repository, digest: string, signal: AbortSignal): Promise<Manifest> {
  const found = await fetchManifest(repository, digest, signal);
  if (found !== undefined) return found;
  const { api, path } = repository;
  throw new RegistryFailure(`cannot read ${api.registry}/${path}@${digest}`, 'it is not there', 'absent', api.registry);
}
