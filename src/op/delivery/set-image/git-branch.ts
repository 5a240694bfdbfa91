import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import type { Ended } from '../../kit/process/run.js';
import type { GitAccess } from '../../systems/git/access.js';
import type { Advice } from '../../systems/git/failure.js';
import { createGit, type Git } from '../../systems/git/git.js';
import { type CommitMessage, listTree, type TreeEntries, writeCommit, writeTree } from '../../systems/git/objects.js';
import { pushCommit } from '../../systems/git/push.js';
import { listRemote, noSuchRevision } from '../../systems/git/remote.js';
import { changesOf, readText } from './git-files.js';

/** One commit of the manifests. */
export interface Commit {
  readonly id: string;
  readonly entries: TreeEntries;
  /** The exact text of a file. @throws OpError (input, refused) when it does not exist or is not a text file */
  readonly read: (path: string) => Promise<string>;
}

/**
 * A branch of the repository with the manifests. It has no working copy: files are read from and written to git's objects directly, so
 * that symbolic links, hooks, filters and line-end settings of the repository have no effect.
 */
export interface ManifestsBranch {
  /** What to do about a failure. */
  readonly advice: Advice;
  /** Fetches the newest commit of the branch. */
  readonly fetch: () => Promise<Commit>;
  /** Creates a commit with these files changed. @returns its id */
  readonly commit: (base: Commit, contents: ReadonlyMap<string, string>, message: CommitMessage) => Promise<string>;
  /** A refusal is a value, not an exception. */
  readonly push: (commit: string) => Promise<Ended>;
  /** The change in the format of `git apply`. */
  readonly patch: (base: Commit, contents: ReadonlyMap<string, string>) => Promise<string>;
}

interface BranchLocation {
  readonly access: GitAccess;
  /** Without credentials. */
  readonly url: string;
  readonly branch: string;
}

const baseRef = 'refs/octopipeline/base';

/**
 * Checks that the server has the branch, and creates an empty local repository for its commits.
 * @throws OpError (input) when it does not have it, (tool) when the server cannot be reached
 */
export async function openBranch(context: Context, { access, url, branch }: BranchLocation): Promise<ManifestsBranch> {
  const directory = join(access.home, 'manifests.git');
  await mkdir(directory);
  const git = createGit(context, { access, directory, url });
  const remote = await listRemote(git, url);
  if (!remote.refs.has(`refs/heads/${branch}`)) {
    const branches = [...remote.refs.keys()].filter((name) => name.startsWith('refs/heads/'));
    throw branches.length === 0 ? emptyRepository(url) : noSuchRevision(remote, branch, url);
  }
  const sha256 = [...remote.refs.values()].some((id) => id.length === 64);
  await git.must('create a repository', [
    ...['init', '--quiet', '--bare', '--template=', '--initial-branch=octopipeline'],
    ...(sha256 ? ['--object-format=sha256'] : []),
  ]);
  return {
    advice: git.advice,
    fetch: () => fetchTip(git, url, branch),
    commit: async (base, contents, message) => {
      const tree = await writeTree(git, directory, base.id, changesOf(base.entries, contents));
      return writeCommit(git, tree, base.id, message);
    },
    push: (commit) => pushCommit(git, { url, branch, commit }),
    patch: async (base, contents) => {
      const tree = await writeTree(git, directory, base.id, changesOf(base.entries, contents));
      // Not from stdout: when the file has CRLF, its last byte would be taken for part of the line end.
      const file = join(directory, 'octopipeline.patch');
      const options = ['-p', '--text', '--full-index', '--no-renames', '--no-color', '--no-ext-diff', '--no-textconv'];
      const names = ['--src-prefix=a/', '--dst-prefix=b/', `--output=${file}`];
      await git.must('create the patch', ['diff-tree', ...options, ...names, base.id, tree]);
      return readFile(file, 'utf8');
    },
  };
}

async function fetchTip(git: Git, url: string, branch: string): Promise<Commit> {
  await git.remote(`fetch ${branch}`, [
    ...['fetch', '--progress', '--depth=1', '--no-tags', '--no-recurse-submodules', '--force', '--no-write-fetch-head'],
    ...['--', url, `+refs/heads/${branch}:${baseRef}`],
  ]);
  const id = await git.must('read the fetched commit', [
    'rev-parse',
    '--verify',
    '--end-of-options',
    `${baseRef}^{commit}`,
  ]);
  const entries = await listTree(git, id);
  return { id, entries, read: (path) => readText(git, entries, path) };
}

const emptyRepository = (url: string) =>
  inputError({
    what: `${url} has no branch to write to`,
    why: 'the repository is empty',
    hint: 'push a first commit with the manifests: op only sets images in existing files',
  });
