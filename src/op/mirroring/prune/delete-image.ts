import { OpError, toolError } from '../../kit/errors/op-error.js';
import { digestForm } from '../../systems/registry/client/content.js';
import { deleteManifest } from '../../systems/registry/client/delete-manifest.js';
import { findDigest } from '../../systems/registry/client/manifests.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import { referenceOf, tagOrDigest } from '../plan/plan.js';
import type { PruneItem } from './prune-plan.js';
import { neededManifests } from './shared-manifests.js';

/** What all deletions in one repository share. */
export interface PrunedRepository {
  readonly repository: Repository;
  /** Tags that are deleted. */
  readonly leaving: ReadonlySet<string>;
  /** Digests that stay without a tag of this mirror's. */
  readonly staying: readonly string[];
}

/** What became of an image: it is kept where something that stays needs it. */
export type Deletion = 'deleted' | { readonly keptBy: string };

/** Deletes images of one repository, one after another. @throws OpError (tool); DeletesNothing when the registry deletes nothing at all */
export type Deleter = (item: PruneItem & { readonly digest: string }, signal: AbortSignal) => Promise<Deletion>;

/** A registry that deletes neither tags nor digests. */
export class DeletesNothing extends OpError {
  constructor(registry: string) {
    super('tool', {
      what: `${registry} does not delete images`,
      why: 'it refuses to delete a tag, and to delete a digest',
      hint: 'allow it there (distribution: storage.delete.enabled; others: a right of this account), or delete what the plan names with its own tools',
    });
    this.name = 'DeletesNothing';
  }
}

/**
 * A tag is deleted alone where the registry can do that: its image may have other tags. Where it cannot, the image is deleted by its digest,
 * unless something else that stays needs it.
 */
export function createDeleter({ repository, leaving, staying }: PrunedRepository): Deleter {
  const { registry } = repository.api;
  let onlyDigests = false;
  let needed: Promise<ReadonlyMap<string, string>> | undefined;
  const byTag = async (tag: string, signal: AbortSignal): Promise<boolean> => {
    if (onlyDigests) return false;
    onlyDigests = (await deleteManifest(repository, tag, signal)) === 'cannot';
    return !onlyDigests;
  };
  return async ({ destination, digest }, signal) => {
    const named = tagOrDigest(referenceOf(destination));
    if (digestForm.test(named) || !(await byTag(named, signal))) {
      needed ??= neededManifests(repository, leaving, staying, signal);
      const needs = (await needed).get(digest);
      if (needs !== undefined) {
        return { keptBy: `${needs} needs its image, and ${registry} cannot delete a tag alone` };
      }
      if ((await deleteManifest(repository, digest, signal)) === 'cannot') throw new DeletesNothing(registry);
    }
    if ((await findDigest(repository, named, signal)) === undefined) return 'deleted';
    throw toolError({
      what: `cannot delete ${destination}`,
      why: `${registry} said that it is deleted, and has it still`,
      hint: 'run the same command again later, or delete it with the tools of the registry',
    });
  };
}
