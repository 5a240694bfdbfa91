import { type ChangeKind, type Changes, changeKinds } from '../history/changes.js';
import type { Outcome, Report } from './reported.js';

/** What to do about each outcome that is not as it should be. */
export const advice: Partial<Record<Outcome, string>> = {
  planned: 'was not copied, or not yet',
  drift:
    'source and destination have different images, or signatures, under this tag; find out which is right: `drift` and `immutableTags` in the mirror file say what happens to it',
  missing:
    'the source has no such image, or not what is required of it: ask its owner, or correct the mirror file. What the destination has stays there',
  failed: 'run the same command again: it continues where it stopped',
  unknown: 'a registry did not answer; see why, then run the same command again',
  wrong:
    'the destination does not have what was copied; run `op mirror run --deep`, and look who else writes or deletes there',
};

/** How a run ended, in a word and a sentence. */
export interface Verdict {
  readonly word: 'Refused' | 'Failed' | 'Planned' | 'Copied' | 'Clean';
  readonly rest: string;
}

/** Judges a report: the worst comes first. */
export function verdictOf({ images, unlisted, refused, copiedAt, verifiedAt }: Report): Verdict {
  const failing = images.filter(({ fails }) => fails).length + unlisted.length;
  if (refused.length > 0) return { word: 'Refused', rest: 'the plan is larger than the limits.' };
  if (failing > 0) {
    return { word: 'Failed', rest: `${failing} of ${images.length + unlisted.length} are not as they should be.` };
  }
  if (copiedAt === null) return { word: 'Planned', rest: 'nothing was copied yet.' };
  return verifiedAt === null
    ? { word: 'Copied', rest: 'and not verified yet.' }
    : { word: 'Clean', rest: `all ${images.length} images are as they should be.` };
}

/** The lists of what changed, in words. */
export const changeWords: Readonly<Record<ChangeKind, string>> = {
  failing: 'failing now',
  stillFailing: 'still failing',
  recovered: 'recovered',
  changed: 'changed',
  added: 'new',
  gone: 'gone from the selection',
};

/** `1 failing now, 2 changed`, or that nothing did. */
export function countsOf(changes: Changes): string {
  const counts = changeKinds.flatMap((kind) =>
    changes[kind].length === 0 ? [] : [`${changes[kind].length} ${changeWords[kind]}`],
  );
  return counts.length === 0 ? 'nothing changed' : counts.join(', ');
}

export const noEarlierRun = 'There is no earlier run to compare with.';

/** `2026-11-27 16:10 UTC` */
export const minuteOf = (timestamp: string): string => timestamp.replace(/^(.{10})T(.{5}).*$/u, '$1 $2 UTC');

/** The start of a digest, which tells images apart: `9986ebe2a23d`. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/u, '').slice(0, 12);
