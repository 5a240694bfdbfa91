import * as v from 'valibot';
import { manifestTypes } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import type { Referrer } from '../../systems/registry/client/referrers.js';
import type { ReferrerChoice } from '../mirror-file/read.js';
import type { LeftReferrer, PlannedReferrer } from '../plan/referrers.js';
import { isWanted } from './kinds.js';
import type { Known } from './known.js';
import type { ReferrerSide } from './side.js';

/** Something that refers to an image. */
export type FoundReferrer = Omit<PlannedReferrer, 'bytes'>;

/** Something that refers to an image, and is not copied. */
export interface LostReferrer extends LeftReferrer {
  /** The destination has something else there, which a person must decide about. */
  readonly isDrift?: boolean;
}

const facts = v.object({ subject: v.string(), kind: v.string() });

/**
 * Compares what a list names with the destination. What is not there is read first: a list may name anything.
 * @returns undefined for what is not chosen
 * @throws RegistryFailure
 */
export async function compareListed(
  known: Known,
  from: ReferrerSide,
  choice: ReferrerChoice,
  { subject, one, there }: { readonly subject: string; readonly one: Referrer; readonly there: readonly Referrer[] },
): Promise<FoundReferrer | LostReferrer | undefined> {
  const { digest, mediaType } = one;
  const present = there.find((other) => other.digest === digest);
  const listedKind = one.artifactType ?? present?.artifactType;
  if (present !== undefined && listedKind !== undefined) {
    return isWanted(choice, listedKind) ? { subject, kind: listedKind, digest, there: true } : undefined;
  }
  const named = { subject, kind: listedKind ?? mediaType, digest };
  if (!manifestTypes.some((type) => type === mediaType)) return { ...named, why: `its type is ${mediaType}` };
  const read = await known.recall(`about ${digest}`, facts, async () => {
    try {
      const manifest = await from.manifest(digest);
      return { subject: manifest.subject ?? '', kind: manifest.artifactType ?? manifest.mediaType };
    } catch (error) {
      if (error instanceof RegistryFailure && error.problem === 'absent') return undefined;
      throw error;
    }
  });
  if (read === undefined) return { ...named, why: 'it is listed, and not there' };
  if (read.subject !== subject) return { ...named, why: 'it is listed, and refers to something else' };
  return isWanted(choice, read.kind) ? { subject, kind: read.kind, digest, there: present !== undefined } : undefined;
}
