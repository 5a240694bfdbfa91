import type { Manifest } from '../client/content.js';
import { addToReferrersTag } from '../client/referrers-tag.js';
import { nameOf, type Repository } from '../client/repository.js';

/** Adds to the lists of referrers of a registry without an API: one at a time to each, as several tags may name one image. */
export interface ReferrerTagWriter {
  readonly add: (to: Repository, subject: string, manifests: readonly Manifest[], signal: AbortSignal) => Promise<void>;
}

/** Creates the writer of one run. */
export function createReferrerTagWriter(): ReferrerTagWriter {
  const last = new Map<string, Promise<unknown>>();
  return {
    add: async (to, subject, manifests, signal) => {
      const key = nameOf(to, subject);
      const before = last.get(key)?.catch(() => undefined);
      const mine = Promise.resolve(before).then(() => addToReferrersTag(to, subject, manifests, signal));
      last.set(key, mine);
      await mine;
    },
  };
}
