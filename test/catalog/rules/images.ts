import { containersOf } from '../containers.js';
import type { Rule } from '../document.js';

/** The one image that the lock file allows: `NAME:TAG` and its digest. */
export interface ImageLock {
  readonly image: string;
  readonly digest: string;
}

const pinned = /^[^\s@$]+:[\w][\w.-]*@sha256:[0-9a-f]{64}$/u;

/** Catalog rule 4: every image is `tag@sha256` from the lock file, and none comes from a param. */
export const lockedImages =
  ({ image, digest }: ImageLock): Rule =>
  (documents) =>
    containersOf(documents).flatMap(({ where, container: { image: used = '' } }) => {
      if (used.includes('$(')) return [{ where, message: `the image comes from a reference: ${used}` }];
      if (!pinned.test(used)) return [{ where, message: `the image is not tag@sha256: "${used}"` }];
      return used === `${image}@${digest}` ? [] : [{ where, message: `${used} is not in the lock file` }];
    });
