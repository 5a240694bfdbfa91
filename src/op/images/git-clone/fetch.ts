import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';
import type { Git } from '../../systems/git/git.js';
import { isCommit } from '../../systems/git/ref-name.js';
import { noSuchRevision, type Remote } from '../../systems/git/remote.js';
import { unfinished } from './git-directory.js';
import type { CloneRequest } from './request.js';
import type { RevisionToFetch } from './revision.js';

/** Creates `.git`, or completes an existing one. From now on the directory is marked as unfinished. */
export async function initialise(
  git: Git,
  directory: string,
  { url, sparse }: CloneRequest,
  { refs }: Remote,
): Promise<void> {
  const path = join(directory, '.git');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, unfinished), '');
  const sha256 = [...refs.values()].some((id) => id.length === 64);
  await git.must('create .git', [
    ...['init', '--quiet', '--template=', '--initial-branch=octopipeline'],
    ...(sha256 ? ['--object-format=sha256'] : []),
  ]);
  const set = (name: string, value: string) => git.must('write .git/config', ['config', '--replace-all', name, value]);
  await set('remote.origin.url', url.clean);
  await set('remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  await set('core.sparseCheckout', String(sparse.length > 0));
  if (sparse.length === 0) return;
  await mkdir(join(path, 'info'), { recursive: true });
  await writeFile(join(path, 'info', 'sparse-checkout'), `${sparse.join('\n')}\n`);
}

/**
 * Downloads the wanted commit.
 * @returns its full id
 * @throws OpError (input) if the server does not have it, (tool) if the transfer failed
 */
export async function fetchCommit(
  git: Git,
  request: CloneRequest,
  wanted: RevisionToFetch,
  remote: Remote,
): Promise<string> {
  const { depth, refspecs, url } = request;
  const { source } = wanted;
  const options = [
    '--progress',
    '--no-recurse-submodules',
    '--update-head-ok',
    '--force',
    depth === 0 ? '--tags' : '--no-tags',
  ];
  const shallow = (await git.must('read .git', ['rev-parse', '--is-shallow-repository'])) === 'true';
  const deep = depth > 0 ? [`--depth=${depth}`] : shallow ? ['--unshallow'] : [];
  const doing = `fetch ${wanted.label}`;
  const specs = [...(source === undefined ? [] : [refspecFor(source)]), ...refspecs.map(({ text }) => text)];
  const fetch = (extra: readonly string[], asked: readonly string[]) =>
    git.remote(doing, ['fetch', ...options, ...extra, '--', 'origin', ...asked]);
  try {
    await fetch(deep, specs);
  } catch (error) {
    if (source === undefined || !isCommit(source) || !isUnadvertised(error)) throw error;
    // Old servers serve branches and tags only: then the commit must be in the history of one of them.
    await fetch(shallow ? ['--unshallow'] : [], ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']);
  }
  return findCommit(git, wanted, remote, url.clean);
}

/** Where a ref of the server is stored: branches as `origin/…`, tags under their own name, a commit nowhere. */
function refspecFor(source: string): string {
  if (!source.startsWith('refs/')) return source;
  if (source.startsWith('refs/tags/')) return `+${source}:${source}`;
  return `+${source}:refs/remotes/origin/${source.replace(/^refs\/(?:heads\/)?/u, '')}`;
}

/** Whether git said that the server serves branches and tags only, or a whole history only. */
export const givesNoCommits = (said: string) =>
  /unadvertised object|not allow request|not our ref|Direct fetching of that commit failed|does not support shallow/u.test(
    said,
  );

const isUnadvertised = (error: unknown) =>
  error instanceof Error && 'why' in error && givesNoCommits(String(error.why));

async function findCommit(git: Git, wanted: RevisionToFetch, remote: Remote, url: string): Promise<string> {
  const { source, localName = '' } = wanted;
  const kept = source?.startsWith('refs/') ? refspecFor(source).replace(/^.*:/u, '') : source;
  const candidates = kept === 'HEAD' ? ['FETCH_HEAD'] : kept === undefined ? candidateRefs(localName) : [kept];
  for (const ref of candidates) {
    const found = await git.attempt(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
    if (found.ended === 'ok') return found.stdout.trim();
  }
  if (kept === undefined) throw noSuchRevision(remote, localName, url);
  throw inputError({
    what: `${url} has no commit for ${wanted.label}`,
    why: isCommit(kept) ? 'it is not in the history of any branch or tag' : 'it is not a commit',
    hint: 'use a branch, a tag or a full commit id: git ls-remote URL lists them',
  });
}

const candidateRefs = (name: string) =>
  [name, `refs/${name}`, `refs/tags/${name}`, `refs/heads/${name}`, `refs/remotes/origin/${name}`].filter((ref) =>
    ref.startsWith('refs/'),
  );
