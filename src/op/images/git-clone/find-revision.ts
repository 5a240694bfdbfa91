import { inputError } from '../../kit/errors/op-error.js';
import { namesOf, noSuchRevision, type Remote } from '../../systems/git/remote.js';
import type { CloneRequest } from './request.js';
import type { Revision } from './revision.js';

/** What to ask the server for. */
export interface Wanted {
  /** For people: `main`, `v1`, a commit id. */
  readonly label: string;
  /** What to fetch: the full name of a ref or a commit id; undefined when a refspec must bring it. */
  readonly source: string | undefined;
  /** The commit, as far as it is known before anything is fetched. */
  readonly commit: string | undefined;
  /** A revision that only exists after a refspec has been fetched. */
  readonly localName?: string;
}

/**
 * Finds the revision among the refs, in git's own order: a full name, then tags, then branches.
 * @throws OpError (input) that names the default branch and what is written alike
 */
export function findRevision(
  remote: Remote,
  { revision, refspecs, url }: Pick<CloneRequest, 'revision' | 'refspecs' | 'url'>,
): Wanted {
  const first = refspecs[0]?.source;
  const asked: Revision | undefined =
    revision ?? (first === undefined || first.includes('*') ? undefined : { kind: 'name', name: first });
  if (asked === undefined) return findDefault(remote, url.clean);
  if (asked.kind === 'commit') return { label: asked.commit, source: asked.commit, commit: asked.commit };
  const { name } = asked;
  const full = [name, `refs/${name}`, `refs/tags/${name}`, `refs/heads/${name}`].find(
    (ref) => ref.includes('/') && remote.refs.has(ref),
  );
  if (full !== undefined) {
    return { label: name, source: full, commit: remote.refs.get(`${full}^{}`) ?? remote.refs.get(full) };
  }
  if (name === 'HEAD') return findDefault(remote, url.clean);
  if (refspecs.length > 0) return { label: name, source: undefined, commit: undefined, localName: name };
  throw noSuchRevision(remote, name, url.clean);
}

function findDefault({ refs, defaultBranch }: Remote, url: string): Wanted {
  const commit = refs.get('HEAD');
  if (commit !== undefined) {
    return { label: defaultBranch?.replace('refs/heads/', '') ?? 'HEAD', source: defaultBranch ?? 'HEAD', commit };
  }
  const branches = [...refs.keys()].filter((name) => name.startsWith('refs/heads/'));
  throw inputError({
    what: `${url} has no default branch`,
    why: branches.length === 0 ? 'the repository is empty' : 'its HEAD names a branch that does not exist',
    hint: branches.length === 0 ? 'push a commit first' : `give a --revision: ${namesOf(branches)}`,
  });
}
