import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Git } from './git.js';

/** The refs of a repository, as its server lists them. */
export interface Remote {
  /** Full name to object id. Annotated tags appear twice: `refs/tags/v1` is the tag, `refs/tags/v1^{}` its commit. */
  readonly refs: ReadonlyMap<string, string>;
  /** Full name of the branch that HEAD points at, if the server says so. */
  readonly defaultBranch: string | undefined;
}

/** Asks the server for its refs; nothing is downloaded. */
export async function listRemote(git: Git, url: string): Promise<Remote> {
  const listed = await git.remote('list the refs', ['ls-remote', '--symref', '--', url]);
  const refs = new Map<string, string>();
  let defaultBranch: string | undefined;
  for (const line of listed.split('\n')) {
    const [value = '', name = ''] = line.split('\t');
    if (value.startsWith('ref: ') && name === 'HEAD') defaultBranch = value.slice(5);
    else if (/^[0-9a-f]{40,64}$/u.test(value)) refs.set(name, value);
  }
  return { refs, defaultBranch };
}

/** A ref of a server, and its commit. */
export interface FoundRef {
  readonly ref: string;
  readonly commit: string | undefined;
}

/** The refs that a name can mean: a full name is that ref and no other, a short one also a tag or a branch, in git's own order. */
export const refsOfName = (name: string): readonly string[] =>
  name.startsWith('refs/') ? [name] : [`refs/${name}`, `refs/tags/${name}`, `refs/heads/${name}`];

/** A ref that the server has. */
export const refOf = ({ refs }: Remote, ref: string): readonly FoundRef[] =>
  refs.has(ref) ? [{ ref, commit: refs.get(`${ref}^{}`) ?? refs.get(ref) }] : [];

/**
 * The ref that a name means; undefined if the server has none.
 * @param others what the name also means here, such as what a refspec stores under it
 * @throws OpError (refused) for a name of two with different commits: git takes the tag, and whoever may push one would decide what a branch
 * is that only reviewed commits reach
 */
export function findRef(
  remote: Remote,
  name: string,
  url: string,
  others: readonly FoundRef[] = [],
): FoundRef | undefined {
  const [found, ...more] = refsOfName(name).flatMap((ref) => refOf(remote, ref));
  if (found === undefined) return undefined;
  const other = [...more, ...others].find(({ commit }) => commit !== found.commit);
  if (other === undefined) return found;
  throw refusedError({
    what: `${url} has two revisions "${oneLine(name)}"`,
    why: `${oneLine(found.ref)} and ${oneLine(other.ref)} have different commits`,
    hint: `write the full name, such as ${oneLine(other.ref)}, or remove one of them`,
  });
}

/** The error for a revision that the server does not have. */
export function noSuchRevision({ refs, defaultBranch }: Remote, name: string, url: string) {
  const abbreviated = /^[0-9a-f]{4,39}$/iu.test(name);
  const commit = abbreviated ? [...refs.values()].find((id) => id.startsWith(name.toLowerCase())) : undefined;
  const visible = [...refs.keys()].filter((ref) => /^refs\/(?:heads|tags)\/.*[^}]$/u.test(ref));
  const similar = visible.filter((ref) => isSimilar(ref.replace(/^refs\/[a-z]+\//u, ''), name));
  const hints = [
    ...(commit === undefined ? [] : [`the full commit id ${commit}`]),
    ...(defaultBranch === undefined ? [] : [`the default branch ${defaultBranch.replace('refs/heads/', '')}`]),
    ...(similar.length === 0 ? [] : [`a similar name: ${namesOf(similar)}`]),
  ];
  return inputError({
    what: `${url} has no revision "${oneLine(name)}"`,
    why: abbreviated
      ? 'it is not a branch or a tag, and a server finds a commit only by its full id (40 or 64 digits)'
      : `it is not a branch, a tag, or the full name of a ref; the repository has ${countOf(visible.length, 'other name')}`,
    hint: hints.length === 0 ? 'list the refs with: git ls-remote URL' : `try ${hints.join(', or ')}`,
  });
}

/** Names of refs for a message: at most five, without `refs/heads/` and `refs/tags/`. */
export const namesOf = (refs: readonly string[]) => {
  const names = refs.slice(0, 5).map((ref) => oneLine(ref.replace(/^refs\/(?:heads|tags)\//u, ''), 60));
  return refs.length > 5 ? `${names.join(', ')}, …` : names.join(', ');
};

/** Equal except for case or a leading v, or one contains the other. */
function isSimilar(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) =>
    text.toLowerCase().replace(/^(?:refs\/)?(?:heads\/|tags\/|remotes\/|origin\/)*v?(?=\d)|^origin\//u, ''),
  );
  if (a === undefined || b === undefined || a.length < 3 || b.length < 3) return a === b;
  return a.includes(b) || b.includes(a);
}
