import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { type Descriptor, type Manifest, readManifest, sha256 } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { fetchManifest } from '../../systems/registry/client/manifests.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import type { PlatformChoice } from '../mirror-file/read.js';
import { choosePlatforms } from './choose-platforms.js';

/** An image with all its platforms. */
export interface Tree {
  /** Children before those that name them: the order in which they are written. The last is the image itself. */
  readonly manifests: readonly Manifest[];
  /** Each once. */
  readonly blobs: readonly Descriptor[];
}

/** Indexes within indexes, and manifests of one image: more is no image. */
const deepest = 3;
const most = 2000;

/** Reads an image by its digest, with what it consists of; of an index, what is chosen. @throws RegistryFailure */
export async function readTree(
  name: string,
  digest: string,
  read: (digest: string) => Promise<Manifest>,
  choice?: PlatformChoice,
): Promise<Tree> {
  const manifests = new Map<string, Manifest>();
  const visit = async (manifest: Manifest, depth: number): Promise<void> => {
    if (manifest.children.length > 0 && depth >= deepest) throw odd(name, `it has indexes in indexes, ${deepest} deep`);
    const children = manifest.children.filter((child) => !manifests.has(child.digest));
    if (manifests.size + children.length > most) throw odd(name, `it has more than ${most} manifests`);
    valuesOf(await mapConcurrently(children, 4, async (child) => visit(await read(child.digest), depth + 1)));
    manifests.set(manifest.digest, manifest);
  };
  await visit(await rootOf(name, digest, read, choice), 0);
  const blobs = new Map([...manifests.values()].flatMap((one) => one.blobs).map((blob) => [blob.digest, blob]));
  return { manifests: [...manifests.values()], blobs: [...blobs.values()] };
}

/** What the destination gets in place of an image: the image, or, of an index, what is chosen. @throws RegistryFailure */
export async function rootOf(
  name: string,
  digest: string,
  read: (digest: string) => Promise<Manifest>,
  choice: PlatformChoice | undefined,
): Promise<Manifest> {
  const source = await read(digest);
  if (choice === undefined) return source;
  const chosen = choosePlatforms(source, choice);
  if ('why' in chosen) throw odd(name, chosen.why);
  return 'root' in chosen ? chosen.root : await read(chosen.child);
}

/** What is chosen of an image that the destination has already: only a sparse index names more than is there. */
export const sparseOnly = (choice: PlatformChoice | undefined): PlatformChoice | undefined =>
  choice?.as === 'sparse' ? choice : undefined;

const odd = (name: string, why: string) =>
  new RegistryFailure(`cannot mirror ${name}`, why, 'other', name.split('/')[0] ?? '');

/** A manifest that must be there. @throws RegistryFailure */
export async function mustFetch(repository: Repository, digest: string, signal: AbortSignal): Promise<Manifest> {
  const found = await fetchManifest(repository, digest, signal);
  if (found !== undefined) return found;
  const { api, path } = repository;
  throw new RegistryFailure(`cannot read ${api.registry}/${path}@${digest}`, 'it is not there', 'absent', api.registry);
}

/** Manifests that were read from sources, kept in files: a plan reads them, and the copy does not ask again, which registries count. */
export interface ManifestCache {
  readonly read: (repository: Repository, digest: string, signal: AbortSignal) => Promise<Manifest>;
}

/** Opens the cache of a directory. What it holds is checked like what a registry sends. */
export function openManifestCache(directory: string): ManifestCache {
  const fileOf = (digest: string) => join(directory, `${digest.replace('sha256:', '')}.json`);
  return {
    read: async (repository, digest, signal) => {
      const kept = await readFile(fileOf(digest)).catch(() => undefined);
      if (kept !== undefined && sha256(kept) === digest) {
        const manifest = readManifest(kept, digest, undefined);
        if (!('why' in manifest)) return manifest;
      }
      const fetched = await mustFetch(repository, digest, signal);
      await mkdir(directory, { recursive: true });
      await writeFile(fileOf(digest), fetched.bytes);
      return fetched;
    },
  };
}
