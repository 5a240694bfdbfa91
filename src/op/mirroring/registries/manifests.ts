import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, readManifest, sha256 } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import { mustFetch, type Tree, treeOf } from '../../systems/registry/copy/image-tree.js';
import type { PlatformChoice } from '../mirror-file/read.js';
import { choosePlatforms } from './choose-platforms.js';

/** Indexes within indexes, and manifests of one image: more is no image. */
const limits = { deepest: 3, most: 2000 };

/** Reads an image by its digest, with what it consists of; of an index, what is chosen. @throws RegistryFailure */
export async function readTree(
  name: string,
  digest: string,
  read: (digest: string) => Promise<Manifest>,
  choice?: PlatformChoice,
): Promise<Tree> {
  return treeOf(await rootOf(name, digest, read, choice), read, limits, (why) => odd(name, why));
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
