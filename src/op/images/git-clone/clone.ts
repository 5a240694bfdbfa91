import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { type GitAccess, prepareAccess } from '../../systems/git/access.js';
import { createGit, type Git } from '../../systems/git/git.js';
import { listRemote, type Remote } from '../../systems/git/remote.js';
import { checkOut } from './checkout.js';
import { emptyDirectory, openDestination } from './destination.js';
import { fetchCommit, initialise } from './fetch.js';
import { type ExistingClone, inspectGitDirectory, removeLocks, unfinished } from './git-directory.js';
import type { CloneFlags } from './options.js';
import { type CloneRequest, parseRequest } from './request.js';
import { findRevision, type RevisionToFetch } from './revision.js';
import { isUpToDate } from './up-to-date.js';

/** The outputs of `op git-clone`. */
export interface Cloned {
  readonly commit: string;
  /** Without credentials. */
  readonly url: string;
  /** Seconds since 1970, as in Tekton's own git-clone. */
  readonly 'committer-date': string;
  readonly 'CHAINS-GIT_URL': string;
  readonly 'CHAINS-GIT_COMMIT': string;
}

/**
 * Clones one commit of a repository into a directory; does nothing if the directory already has exactly that commit. The directory is
 * not changed until the server has confirmed that it has the revision (except for a commit id: servers do not list those). The next run
 * completes or replaces what an interrupted run left behind.
 * @throws OpError (input) for an invalid value or unknown revision, (tool) if the server or the disk fails, (deadline), (refused)
 */
export async function gitClone(context: Context, flags: CloneFlags): Promise<Cloned> {
  if (flags.unless !== undefined) {
    context.log.step(`nothing to clone: ${oneLine(flags.unless)} is used`);
    return { commit: '', url: '', 'committer-date': '', 'CHAINS-GIT_URL': '', 'CHAINS-GIT_COMMIT': '' };
  }
  const request = parseRequest(flags);
  const { url, timeout } = request;
  const path = [request.destination, ...request.subdirectory].join('/');
  context.log.step(`clone ${url.clean} at ${nameOf(request)} into ${oneLine(path, 200)}`);
  const late = {
    what: `git-clone of ${url.clean} timed out`,
    why: `it did not finish within ${timeout / 1000} s`,
    hint: 'set a longer --timeout, or use --depth=1; it is safe to run again',
  };
  using deadline = startDeadline(context, timeout, late);
  const inTime = deadline.context;
  const directory = await openDestination(inTime, request.destination, request.subdirectory);
  await using access = await prepareAccess(inTime, url, flags, flags.submoduleCredentials ? 'host' : 'repository');
  return await cloneWith(inTime, request, access, directory);
}

async function cloneWith(
  context: Context,
  request: CloneRequest,
  access: GitAccess,
  directory: string,
): Promise<Cloned> {
  const start = context.now().getTime();
  const url = request.url.clean;
  const git = createGit(context, { access, directory, url });
  const outside = createGit(context, { access, directory: access.home, url });
  const remote = await listRemote(outside, url);
  const wanted = findRevision(remote, request);
  const found = await inspectGitDirectory(outside, directory);
  const upToDate = await isUpToDate(git, directory, { request, wanted, remote, found });
  const commit =
    upToDate && wanted.commit
      ? wanted.commit
      : await fetchAndCheckOut(context, git, { directory, request, remote, found, wanted });
  const [date = '', ...subject] = (await git.must('read the commit', ['log', '-1', '--format=%ct%n%s', commit])).split(
    '\n',
  );
  const seconds = ((context.now().getTime() - start) / 1000).toFixed(1);
  const verdict = upToDate ? 'already up to date, nothing to do' : 'cloned';
  context.log.step(`${verdict}: ${commit} "${oneLine(subject.join(' '))}" in ${seconds} s`);
  return { commit, url, 'committer-date': date, 'CHAINS-GIT_URL': url, 'CHAINS-GIT_COMMIT': commit };
}

const nameOf = ({ revision, refspecs }: CloneRequest) =>
  revision === undefined
    ? (refspecs[0]?.source ?? 'its default branch')
    : revision.kind === 'commit'
      ? revision.commit
      : revision.name;

interface Fetching {
  readonly directory: string;
  readonly request: CloneRequest;
  readonly remote: Remote;
  readonly wanted: RevisionToFetch;
  readonly found: ExistingClone;
}

async function fetchAndCheckOut(
  context: Context,
  git: Git,
  { directory, request, remote, wanted, found }: Fetching,
): Promise<string> {
  if (request.deleteExisting) {
    const count = await emptyDirectory(context, directory);
    if (count > 0) context.log.step(`emptied ${directory}: ${count} old files and directories`);
  } else {
    await prepareExisting(directory, found, request.url.clean);
  }
  await initialise(git, directory, request, remote);
  context.log.step(`fetch ${oneLine(wanted.label)}${request.depth === 0 ? ' with its history' : ''}`);
  const commit = await fetchCommit(git, request, wanted, remote);
  await checkOut(context, git, directory, request, commit);
  await rm(join(directory, '.git', unfinished), { force: true });
  return commit;
}

/** For --delete-existing=false: an existing `.git` is reused, unless it could run untrusted programs. */
async function prepareExisting(directory: string, found: ExistingClone, url: string): Promise<void> {
  if (found.kind === 'none') return;
  const why =
    found.kind === 'untrusted'
      ? found.why
      : found.url === '' || found.url === url
        ? undefined
        : `it is a clone of ${found.url}`;
  if (why !== undefined) {
    throw refusedError({
      what: `the repository in ${directory} cannot be reused`,
      why: `${why}: op reuses only its own clones, because settings and hooks of others can run programs`,
      hint: 'leave out --delete-existing=false, or use another --subdirectory',
    });
  }
  await rm(join(directory, '.git', 'modules'), { recursive: true, force: true });
  if (found.kind === 'usual' && !found.finished) await removeLocks(join(directory, '.git'));
}
