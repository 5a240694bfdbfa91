import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { withDeadline } from '../../kit/process/deadline.js';
import { type Access, prepareAccess } from '../../systems/git/access.js';
import { createGit, type Git } from '../../systems/git/git.js';
import { listRemote, type Remote } from '../../systems/git/remote.js';
import { isAlreadyThere } from './already-there.js';
import { checkOut } from './checkout.js';
import { fetchCommit, initialise } from './fetch.js';
import { findRevision } from './find-revision.js';
import { type Found, inspectGitDirectory, unfinished } from './git-directory.js';
import { removeLocks } from './locks.js';
import type { CloneFlags } from './options.js';
import { type CloneRequest, parseRequest } from './request.js';
import { emptyDirectory, openTarget } from './target.js';

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
 * Clones one commit of a repository into a directory; does nothing when exactly that is already there. Nothing of the directory is
 * touched before the server has shown that it has the revision (a commit id excepted: no server lists those). What an interrupted run left behind is completed or replaced by the next.
 * @throws OpError (input) for a value or a revision that cannot be, (tool) when the server or the disk fails, (deadline), (refused)
 */
export async function gitClone(context: Context, flags: CloneFlags): Promise<Cloned> {
  const request = parseRequest(flags);
  const { url, timeout } = request;
  const path = [request.destination, ...request.subdirectory].join('/');
  context.log.step(`clone ${url.clean} at ${nameOf(request)} into ${oneLine(path, 200)}`);
  const late = {
    what: `git-clone of ${url.clean} did not end in time`,
    why: `${timeout / 1000} s were over`,
    hint: 'give it more with --timeout, or less work with --depth=1; running it again starts clean',
  };
  return withDeadline(context, timeout, late, async (inTime) => {
    const directory = await openTarget(inTime, request.destination, request.subdirectory);
    const access = await prepareAccess(inTime, url, flags);
    try {
      return await cloneWith(inTime, request, access, directory);
    } finally {
      await access.dispose();
    }
  });
}

async function cloneWith(context: Context, request: CloneRequest, access: Access, directory: string): Promise<Cloned> {
  const start = context.now().getTime();
  const url = request.url.clean;
  const git = createGit(context, { access, directory, url });
  const outside = createGit(context, { access, directory: access.home, url });
  const remote = await listRemote(outside, url);
  const wanted = findRevision(remote, request);
  const found = await inspectGitDirectory(outside, directory);
  const there = await isAlreadyThere(git, directory, { request, wanted, remote, found });
  const commit =
    there && wanted.commit ? wanted.commit : await bring(context, git, { directory, request, remote, found, wanted });
  const [date = '', ...subject] = (await git.must('read the commit', ['log', '-1', '--format=%ct%n%s', commit])).split(
    '\n',
  );
  const seconds = ((context.now().getTime() - start) / 1000).toFixed(1);
  const verdict = there ? 'already there and unchanged, nothing to do' : 'cloned';
  context.log.step(`${verdict}: ${commit} "${oneLine(subject.join(' '))}" in ${seconds} s`);
  return { commit, url, 'committer-date': date, 'CHAINS-GIT_URL': url, 'CHAINS-GIT_COMMIT': commit };
}

const nameOf = ({ revision, refspecs }: CloneRequest) =>
  revision === undefined
    ? (refspecs[0]?.source ?? 'its default branch')
    : revision.kind === 'commit'
      ? revision.commit
      : revision.name;

interface Bringing {
  readonly directory: string;
  readonly request: CloneRequest;
  readonly remote: Remote;
  readonly wanted: ReturnType<typeof findRevision>;
  readonly found: Found;
}

async function bring(
  context: Context,
  git: Git,
  { directory, request, remote, wanted, found }: Bringing,
): Promise<string> {
  if (request.deleteExisting) {
    const count = await emptyDirectory(context, directory);
    if (count > 0) context.log.step(`emptied ${directory}: ${count} old files and folders`);
  } else {
    await makeUsable(directory, found, request.url.clean);
  }
  await initialise(git, directory, request, remote);
  context.log.step(`fetch ${oneLine(wanted.label)}${request.depth === 0 ? ' with its history' : ''}`);
  const commit = await fetchCommit(git, request, wanted, remote);
  await checkOut(context, git, directory, request, commit);
  await rm(join(directory, '.git', unfinished), { force: true });
  return commit;
}

/** For --delete-existing=false: a `.git` that is there is used on, unless that could run somebody else's programs. */
async function makeUsable(directory: string, found: Found, url: string): Promise<void> {
  if (found.kind === 'none') return;
  const why =
    found.kind === 'strange'
      ? found.why
      : found.url === '' || found.url === url
        ? undefined
        : `it is a clone of ${found.url}`;
  if (why !== undefined) {
    throw refusedError({
      what: `the repository in ${directory} is not used`,
      why: `${why}: op works on with clones of its own only, because settings and hooks of others can run programs`,
      hint: 'leave out --delete-existing=false, or give another --subdirectory',
    });
  }
  await rm(join(directory, '.git', 'modules'), { recursive: true, force: true });
  if (found.kind === 'usual' && !found.finished) await removeLocks(join(directory, '.git'));
}
