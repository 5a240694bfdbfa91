import type { Manifest } from '../client/content.js';
import { readManifest } from '../client/content.js';
import { RegistryFailure } from '../client/failure.js';
import { fetchBytes } from '../client/manifests.js';
import { nameOf, type Repository } from '../client/repository.js';

/** A manifest as a registry has it. */
export type StoredManifest = NonNullable<Awaited<ReturnType<typeof fetchBytes>>>;

/** Manifests that were read by their digests: registries count these requests, and each costs a round trip. */
export interface ManifestMemory {
  /** Undefined if it is not there, which is not remembered. @throws RegistryFailure */
  readonly bytes: (repository: Repository, digest: string, signal: AbortSignal) => Promise<StoredManifest | undefined>;
  /** One that must be there, and be of an image or an index. @throws RegistryFailure */
  readonly manifest: (repository: Repository, digest: string, signal: AbortSignal) => Promise<Manifest>;
}

/** Bytes that are kept. */
const room = 32 * 1024 * 1024;

/** Creates the memory of one run. */
export function createManifestMemory(): ManifestMemory {
  const kept = new Map<string, StoredManifest>();
  let used = 0;
  const bytes: ManifestMemory['bytes'] = async (repository, digest, signal) => {
    const name = nameOf(repository, digest);
    const known = kept.get(name);
    if (known !== undefined) return known;
    const found = await fetchBytes(repository, digest, signal);
    if (found !== undefined && used + found.bytes.length <= room && !kept.has(name)) {
      kept.set(name, found);
      used += found.bytes.length;
    }
    return found;
  };
  return {
    bytes,
    manifest: async (repository, digest, signal) => {
      const { registry } = repository.api;
      const what = `cannot read ${nameOf(repository, digest)}`;
      const found = await bytes(repository, digest, signal);
      if (found === undefined) throw new RegistryFailure(what, 'it is not there', 'absent', registry);
      const manifest = readManifest(found.bytes, found.digest, found.sentType);
      if ('why' in manifest) throw new RegistryFailure(what, manifest.why, 'other', registry);
      return manifest;
    },
  };
}
