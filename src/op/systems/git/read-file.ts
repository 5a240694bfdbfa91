import { mkdir, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { oneLine } from '../../kit/log/printable.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { type GitAccess, prepareAccess } from './access.js';
import { createGit, type Git } from './git.js';
import { isCommit, problemOfName } from './ref-name.js';
import { findRef, listRemote, noSuchRevision, type Remote } from './remote.js';
import { parseGitUrl } from './url.js';

/** Files of a repository on a server, read without a work tree: nothing of it is checked out, filtered, linked or run. */
export interface RepositoryFiles extends AsyncDisposable {
  /** The full id of the commit that a branch, a tag or a full name stands for now. @throws OpError also for a name of two (refused) */
  readonly commitOf: (revision: string) => Promise<string>;
  /** The text of one file at a commit. @throws OpError (input) for what is no file, or too large */
  readonly textOf: (commit: string, path: string) => Promise<string>;
}

/** Who logs in to an http(s) server. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Bytes of the largest file that is read; milliseconds for a revision or a file. Tekton's git resolver has the same patience. */
const largest = 1024 * 1024;
const patience = 60_000;

/**
 * Opens a repository. Only what is asked for is downloaded, where the server can do that.
 * @throws OpError (input) for a URL that is not https, http, ssh or git
 */
export async function openRepository(context: Context, text: string, login?: Login): Promise<RepositoryFiles> {
  const url = parseGitUrl(text);
  const { path: own, dispose } = await makePrivateDirectory(context, 'git-files');
  let access: GitAccess;
  try {
    const basicAuth = login === undefined ? undefined : await loginFiles(join(own, 'login'), login);
    access = await prepareAccess(context, url, { sslVerify: true, acceptNewHostKeys: false, basicAuth });
  } catch (error) {
    await dispose();
    throw error;
  }
  const directory = join(own, 'repository');
  await mkdir(directory);
  let refs: Promise<Remote> | undefined;
  const fetched = new Map<string, Promise<void>>();
  // One git at a time works in the directory.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Value>(work: (git: Git) => Promise<Value>): Promise<Value> => {
    const timed = async () => {
      using time = startDeadline(context, patience, {
        what: `cannot read ${url.clean}`,
        why: `it took longer than ${patience / 1000} s`,
        hint: 'try again later, or check with git ls-remote URL that the server answers',
      });
      return await work(createGit(time.context, { access, directory, url: url.clean }));
    };
    const next = last.then(timed, timed);
    last = next.catch(() => undefined);
    return next;
  };
  return {
    commitOf: (revision) =>
      inTurn(async (git) => {
        const problem = problemOfName(revision);
        if (problem !== undefined) throw notARevision(revision, problem);
        refs ??= listRemote(git, url.clean);
        const remote = await refs;
        const commit = revision === 'HEAD' ? remote.refs.get('HEAD') : findRef(remote, revision, url.clean)?.commit;
        if (commit === undefined) throw noSuchRevision(remote, revision, url.clean);
        return commit;
      }),
    textOf: (commit, path) =>
      inTurn(async (git) => {
        if (!isCommit(commit)) throw notARevision(commit, 'it is not a full commit id');
        const fetching = fetched.get(commit) ?? fetchCommit(git, url.clean, commit);
        fetched.set(commit, fetching);
        await fetching;
        return readText(git, commit, path, url.clean);
      }),
    [Symbol.asyncDispose]: async () => {
      await access.dispose();
      await dispose();
    },
  };
}

/** As a `kubernetes.io/basic-auth` Secret: the password is sent only to the host of the URL. */
async function loginFiles(directory: string, { user, password }: Login): Promise<string> {
  await mkdir(directory, { mode: 0o700 });
  await writeFile(join(directory, 'username'), user, { mode: 0o600 });
  await writeFile(join(directory, 'password'), password, { mode: 0o600 });
  return directory;
}

async function fetchCommit(git: Git, url: string, commit: string): Promise<void> {
  const format = commit.length === 64 ? ['--object-format=sha256'] : [];
  await git.must('make a repository', ['init', '--quiet', '--bare', '--template=', ...format, '.']);
  await git.must('name the server', ['config', 'remote.origin.url', url]);
  const filter = ['--depth=1', '--no-tags', '--no-recurse-submodules', '--filter=blob:none'];
  await git.remote(`fetch the commit ${commit.slice(0, 12)}`, ['fetch', '--quiet', ...filter, 'origin', commit]);
}

async function readText(git: Git, commit: string, path: string, url: string): Promise<string> {
  const refuse = (why: string) =>
    inputError({
      what: `cannot read ${oneLine(path)} of ${url} at ${commit.slice(0, 12)}`,
      why,
      hint: 'give the path of a file, from the root of the repository',
    });
  const clean = posix.normalize(path).replace(/^\/+/u, '');
  if (clean === '..' || clean.startsWith('../') || path.split('/').includes('..')) throw refuse('it has a part ".."');
  if (clean === '' || clean === '.' || clean.includes('\0')) throw refuse('it names no file');
  const env = { GIT_LITERAL_PATHSPECS: '1' };
  const listed = await git.must('look up a file', ['ls-tree', '-z', '--full-tree', commit, '--', clean], { env });
  const [mode = '', type = '', object = ''] = (listed.split('\t')[0] ?? '').split(' ');
  if (mode === '') throw refuse('there is no such file');
  if (mode === '120000') throw refuse('it is a symbolic link, and links of a repository are not followed');
  if (mode === '160000') throw refuse('it is a submodule, and submodules are not fetched');
  if (type !== 'blob') throw refuse('it is a directory');
  const size = Number((await git.must('measure a file', ['cat-file', '-s', object])).trim());
  if (size > largest) throw refuse(`it has ${size} bytes, and the limit is ${largest}`);
  return git.must('read a file', ['cat-file', 'blob', object]);
}

const notARevision = (revision: string, why: string) =>
  inputError({
    what: `"${oneLine(revision)}" is not a revision`,
    why,
    hint: 'use a branch, a tag, a full commit id, or a full name such as refs/pull/1/head',
  });
