import type { Head } from '../../systems/git/head.js';
import type { BuiltImage } from '../build-result/build-result.js';

/**
 * Whether a tag can only stand for what would be built now: it is the digest of the artifact's files (tag policy inputDigest), or it
 * holds the commit that is checked out with nothing changed. A tag such as `v1.2` or a date says neither.
 */
export function namesTheSource(tag: string, head: Head | undefined): boolean {
  if (isInputDigest(tag)) return true;
  if (head === undefined || head.changed > 0 || tag.endsWith('-dirty')) return false;
  const words = tag.split(/[^0-9a-z]+/u).map((word) => word.replace(/^g(?=[0-9a-f]{7,}$)/u, ''));
  return words.some((word) => /^[0-9a-f]{7,40}$/u.test(word) && head.commit.startsWith(word));
}

/** Made by the tag policy inputDigest, of the artifact's files and settings. */
export const isInputDigest = (tag: string) => /^[0-9a-f]{64}$/u.test(tag);

/** `1 file differs`, `3 files differ` */
export const filesDiffer = (count: number) => (count === 1 ? '1 file differs' : `${count} files differ`);

/**
 * Whether a tag will name the commit that is checked out although other files differ from it: Skaffold looks for changes only in the
 * artifact's own directory.
 */
export const namesCommitWrongly = (tag: string, head: Head | undefined) =>
  head !== undefined && head.changed > 0 && !isInputDigest(tag) && namesTheSource(tag, { ...head, changed: 0 });

/** Why an image cannot be reused, whatever the registry has; undefined when it can. */
export function whyNotReused({ reference }: BuiltImage, head: Head | undefined): string | undefined {
  const { tag = 'latest' } = reference;
  if (namesTheSource(tag, head)) return undefined;
  if (head !== undefined && head.changed > 0)
    return `${filesDiffer(head.changed)} from commit ${head.commit.slice(0, 7)}`;
  return `its tag ${tag} names neither the commit nor the content`;
}
