import type { Head } from '../../systems/git/head.js';
import type { Reference } from '../../systems/registry/reference.js';

/**
 * Whether a tag can only stand for the current source: it is the digest of the artifact's files (tag policy inputDigest), or it
 * contains the commit that is checked out, without changes. A tag such as `v1.2` or a date does neither.
 */
export function namesTheSource(tag: string, head: Head | undefined): boolean {
  if (isInputDigest(tag)) return true;
  if (head === undefined || head.changed > 0 || tag.endsWith('-dirty')) return false;
  return hexWords(tag).some((word) => head.commit.startsWith(word));
}

/** Whether the tag policy inputDigest made it, from the artifact's files and settings. */
export const isInputDigest = (tag: string) => /^[0-9a-f]{64}$/u.test(tag);

/**
 * Whether a tag will name the commit that is checked out although other files differ from it: Skaffold looks for changes only in the
 * artifact's own directory.
 */
export const namesCommitWrongly = (tag: string, head: Head | undefined) =>
  head !== undefined && head.changed > 0 && !isInputDigest(tag) && namesTheSource(tag, { ...head, changed: 0 });

/** Whether a tag names the tree of the image's context in a commit, as Skaffold's `TreeSha` does: the same tag has the same files. */
const namesTree = (tag: string, tree: string | undefined) =>
  tree !== undefined && hexWords(tag).some((word) => tree.startsWith(word));

/** Whether a tag has words that can be the id of an object of git. */
export const hasObjectId = (tag: string) => hexWords(tag).length > 0;

/** The last word of a tag that can be the id of a commit, abbreviated or not: `abc1234` of `v1.2-3-gabc1234`. */
export const objectIdIn = (tag: string): string | undefined => hexWords(tag).at(-1);

/** Whether a tag says by itself that it moves: `latest`, and what Skaffold makes of a changed tree. */
const movesByName = (tag: string) => tag === 'latest' || tag.endsWith('-dirty');

/**
 * Whether a tag may be taken from another image: it says that it moves, or it names the commit or the tree that is built, and only the
 * state of other files is unclear. Any other one, such as `v1.2.3`, may be a release that somebody uses.
 * @param tree the id of the tree of the image's context
 */
export const mayMove = (tag: string, head: Head | undefined, tree: string | undefined) =>
  movesByName(tag) || namesCommitWrongly(tag, head) || namesTree(tag, tree);

/** The tags that record which commit an image was built from, where its own tag does not name it, such as `v1.2.3`. */
export interface Records {
  /** Of an image whose build succeeded. */
  readonly finished: string;
  /** Of an image that was pushed by a build that failed or was stopped. */
  readonly unfinished: string;
}

const longestTag = 128;

/** The records of a tag and a commit; undefined where the tag names the source or moves, or the tree differs from every commit. */
export function recordsOf({ tag = 'latest' }: Reference, head: Head | undefined): Records | undefined {
  if (head === undefined || head.changed > 0 || namesTheSource(tag, head) || movesByName(tag)) return undefined;
  const record = (word: string) => `${word}-${head.commit}.${tag}`.slice(0, longestTag);
  return { finished: record('commit'), unfinished: record('unfinished') };
}

/** The words of a tag that can be the id of an object of git, also with the `g` of `git describe`. */
const hexWords = (tag: string) =>
  tag
    .split(/[^0-9a-z]+/u)
    .map((word) => word.replace(/^g(?=[0-9a-f]{7,}$)/u, ''))
    .filter((word) => /^[0-9a-f]{7,40}$/u.test(word));
