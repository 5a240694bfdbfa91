import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { listTags } from '../../systems/registry/client/list-tags.js';
import { fetchManifest, findDigest } from '../../systems/registry/client/manifests.js';
import { nameOf, type Repository } from '../../systems/registry/client/repository.js';

/** Indexes within indexes. */
const deepest = 3;

/**
 * The manifests of a repository that must stay, and what needs each: what its other tags and the digests that stay name, with the images of
 * their indexes and what they refer to. Needed where a registry deletes only whole manifests, and with each all of its tags.
 * @param leaving tags that are deleted
 * @param staying digests that stay without a tag
 * @throws RegistryFailure when one cannot be read: then nothing is known about what it needs
 */
export async function neededManifests(
  repository: Repository,
  leaving: ReadonlySet<string>,
  staying: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const listed = await listTags(repository, signal).catch((error: unknown) => {
    // A repository without tags has no list in some registries.
    if (error instanceof RegistryFailure && error.problem === 'absent') return [];
    throw error;
  });
  const tags = listed.filter((tag) => !leaving.has(tag));
  const named = valuesOf(
    await mapConcurrently(tags, 8, async (tag) => [tag, await findDigest(repository, tag, signal)] as const),
  );
  const needed = new Map<string, string>();
  const visit = async (digest: string, by: string, depth: number): Promise<void> => {
    if (needed.has(digest)) return;
    needed.set(digest, by);
    if (depth > deepest) return;
    const manifest = await fetchManifest(repository, digest, signal).catch((error: unknown) => {
      // Of a kind that op does not know, such as Docker's schema 1, which names no other manifest.
      if (error instanceof RegistryFailure && error.problem === 'other' && error.status === undefined) return undefined;
      throw error;
    });
    for (const child of manifest?.children ?? []) await visit(child.digest, by, depth + 1);
    if (manifest?.subject !== undefined) await visit(manifest.subject, by, depth + 1);
  };
  for (const [tag, digest] of named) if (digest !== undefined) await visit(digest, nameOf(repository, tag), 0);
  for (const digest of staying) await visit(digest, nameOf(repository, digest), 0);
  return needed;
}
