import { inputError } from '../errors/op-error.js';
import { oneLine } from '../log/printable.js';
import { countOf } from '../log/table.js';
import type { Git } from './git.js';
import type { CloneRequest } from './request.js';
import type { Revision } from './revision.js';

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
    todo: branches.length === 0 ? 'push a commit first' : `give a --revision: ${namesOf(branches)}`,
  });
}

/** The error for a revision that the server does not have. */
export function noSuchRevision({ refs, defaultBranch }: Remote, name: string, url: string) {
  const abbreviated = /^[0-9a-f]{4,39}$/iu.test(name);
  const commit = abbreviated ? [...refs.values()].find((id) => id.startsWith(name.toLowerCase())) : undefined;
  const visible = [...refs.keys()].filter((ref) => /^refs\/(?:heads|tags)\/.*[^}]$/u.test(ref));
  const alike = visible.filter((ref) => isAlike(ref.replace(/^refs\/[a-z]+\//u, ''), name));
  const hints = [
    ...(commit === undefined ? [] : [`the full commit id ${commit}`]),
    ...(defaultBranch === undefined ? [] : [`the default branch ${defaultBranch.replace('refs/heads/', '')}`]),
    ...(alike.length === 0 ? [] : [`what is written alike: ${namesOf(alike)}`]),
  ];
  return inputError({
    what: `${url} has no revision "${oneLine(name)}"`,
    why: abbreviated
      ? 'it is no branch and no tag; a server finds a commit by its full id only (40 or 64 digits)'
      : `it is neither a branch, a tag, nor the full name of a ref; the repository has ${countOf(visible.length, 'other name')}`,
    todo: hints.length === 0 ? 'see what there is with: git ls-remote URL' : `try ${hints.join(', or ')}`,
  });
}

const namesOf = (refs: readonly string[]) => {
  const names = refs.slice(0, 5).map((ref) => oneLine(ref.replace(/^refs\/(?:heads|tags)\//u, ''), 60));
  return refs.length > 5 ? `${names.join(', ')}, …` : names.join(', ');
};

/** Equal but for capitals, one inside of the other, or a leading v. */
function isAlike(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) =>
    text.toLowerCase().replace(/^(?:refs\/)?(?:heads\/|tags\/|remotes\/|origin\/)*v?(?=\d)|^origin\//u, ''),
  );
  if (a === undefined || b === undefined || a.length < 3 || b.length < 3) return a === b;
  return a.includes(b) || b.includes(a);
}
