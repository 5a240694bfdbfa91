import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { isCommit, problemOfName } from '../../systems/git/ref-name.js';
import {
  type FoundRef,
  findRef,
  namesOf,
  noSuchRevision,
  type Remote,
  refOf,
  refsOfName,
} from '../../systems/git/remote.js';
import type { GitUrl } from '../../systems/git/url.js';

/** What to check out, or `undefined` for the default branch of the repository. */
export type Revision =
  | { readonly kind: 'commit'; readonly commit: string }
  | { readonly kind: 'name'; readonly name: string };

/**
 * Reads a revision: a branch, a tag, a full commit id, or a full name such as `refs/pull/1/head`. Empty is undefined.
 * @throws OpError (input) for an invalid name of a branch or tag
 */
export function parseRevision(text: string): Revision | undefined {
  if (text === '') return undefined;
  if (isCommit(text.toLowerCase())) return { kind: 'commit', commit: text.toLowerCase() };
  const problem = problemOfName(text);
  if (problem === undefined) return { kind: 'name', name: text };
  throw inputError({
    what: `"${oneLine(text)}" is not a revision`,
    why: problem,
    hint: 'use a branch, a tag, a full commit id, or a full name such as refs/pull/1/head',
  });
}

/** An additional ref to fetch: `[+]source[:destination]`. */
export interface Refspec {
  readonly source: string;
  /** Where it is stored; undefined if it is only fetched. */
  readonly destination: string | undefined;
  readonly text: string;
}

/**
 * Reads refspecs, separated by spaces. One `*` is allowed in the source and in the destination.
 * @throws OpError (input)
 */
export function parseRefspecs(text: string): readonly Refspec[] {
  return text
    .split(/\s+/u)
    .filter((item) => item !== '')
    .map((item) => {
      const [source = '', destination, ...more] = item.replace(/^\+/u, '').split(':');
      const parts = destination === undefined || destination === '' ? [source] : [source, destination];
      const problem = parts.map((part) => problemOfName(part.replace('*', 'x'))).find((found) => found !== undefined);
      if (source !== '' && problem === undefined && more.length === 0)
        return { source, destination: parts[1], text: item };
      throw inputError({
        what: `"${oneLine(item)}" is not a refspec`,
        why: source === '' ? 'it has no source' : (problem ?? 'it has more than one ":"'),
        hint: 'use refspecs such as refs/pull/1/head:refs/heads/pull-1, separated by spaces',
      });
    });
}

/** The revision to ask the server for. */
export interface RevisionToFetch {
  /** For messages: `main`, `v1`, a commit id. */
  readonly label: string;
  /** The full name of a ref, or a commit id; undefined if a refspec must fetch it. */
  readonly source: string | undefined;
  /** The commit, if it is known before anything is fetched. */
  readonly commit: string | undefined;
  /** A revision that exists only after a refspec has been fetched. */
  readonly localName?: string;
}

/**
 * Finds the revision among the refs: a full name, a tag or a branch.
 * @throws OpError (input) that suggests the default branch and similar names; (refused) for a short name that means two commits, also by what
 * a refspec stores under it
 */
export function findRevision(
  remote: Remote,
  {
    revision,
    refspecs,
    url,
  }: {
    readonly revision: Revision | undefined;
    readonly refspecs: readonly Refspec[];
    readonly url: GitUrl;
  },
): RevisionToFetch {
  const first = refspecs[0]?.source;
  const asked: Revision | undefined =
    revision ?? (first === undefined || first.includes('*') ? undefined : { kind: 'name', name: first });
  if (asked === undefined) return findDefault(remote, url.clean);
  if (asked.kind === 'commit') return { label: asked.commit, source: asked.commit, commit: asked.commit };
  const { name } = asked;
  if (name === 'HEAD') return findDefault(remote, url.clean);
  for (const { source } of refspecs) if (!source.includes('*')) findRef(remote, source, url.clean);
  const found = findRef(remote, name, url.clean, storedAs(remote, refspecs, name));
  if (found !== undefined) return { label: name, source: found.ref, commit: found.commit };
  if (refspecs.length > 0) return { label: name, source: undefined, commit: undefined, localName: name };
  throw noSuchRevision(remote, name, url.clean);
}

/** What refspecs store under a name. */
function storedAs(remote: Remote, refspecs: readonly Refspec[], name: string): readonly FoundRef[] {
  const names = [name, ...refsOfName(name), `refs/remotes/origin/${name}`];
  return refspecs.flatMap(({ source, destination }) => {
    const [start = '', end] = destination?.split('*') ?? [];
    const sources = names.flatMap((full) => {
      if (end === undefined) return full === destination ? [source] : [];
      const fits = full.length >= start.length + end.length && full.startsWith(start) && full.endsWith(end);
      return fits ? [source.replace('*', () => full.slice(start.length, full.length - end.length))] : [];
    });
    return sources.flatMap((one) => refsOfName(one).flatMap((ref) => refOf(remote, ref)));
  });
}

function findDefault({ refs, defaultBranch }: Remote, url: string): RevisionToFetch {
  const commit = refs.get('HEAD');
  if (commit !== undefined) {
    return { label: defaultBranch?.replace('refs/heads/', '') ?? 'HEAD', source: defaultBranch ?? 'HEAD', commit };
  }
  const branches = [...refs.keys()].filter((name) => name.startsWith('refs/heads/'));
  throw inputError({
    what: `${url} has no default branch`,
    why: branches.length === 0 ? 'the repository is empty' : 'its HEAD names a branch that does not exist',
    hint: branches.length === 0 ? 'push a commit first' : `set --revision: ${namesOf(branches)}`,
  });
}
