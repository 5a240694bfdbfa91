import { mkdir, rm } from 'node:fs/promises';
import type { Ended } from '../../kit/process/run.js';
import { failureOfGit } from '../../systems/git/failure.js';
import type { Git } from '../../systems/git/git.js';
import { listTree, type TreeEntries } from '../../systems/git/objects.js';
import { advice } from './advice.js';

/** The files of op in the newest commit of a branch. */
export interface Tip {
  /** Undefined: the repository has no such branch. */
  readonly commit: string | undefined;
  /** Of an object's id: 64 in a repository with SHA-256. */
  readonly digits: 40 | 64;
  readonly entries: TreeEntries;
}

/** A branch, and the clone of it. */
export interface Source {
  /** Without credentials. */
  readonly url: string;
  readonly branch: string;
  /** The folder of op's files. */
  readonly folder: string;
  /** Where the clone is made. */
  readonly directory: string;
}

const fetched = 'refs/octopipeline/tip';

/** What git says when the server has a repository of the other kind. */
export const usesSha256 = ({ stderr }: Ended) =>
  /mismatched algorithms: client sha1; server sha256|does not support this repository's hash algorithm/u.test(stderr);

export const noBranch = (digits: Tip['digits']): Tip => ({ commit: undefined, digits, entries: new Map() });

/** Makes an empty clone, and deletes one that is there. */
export async function initialize(git: Git, { directory }: Source, format: 'sha1' | 'sha256'): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  const settings = ['--template=', '--initial-branch=octopipeline', `--object-format=${format}`];
  await git.must('create a repository', ['init', '--quiet', '--bare', ...settings]);
}

/** Fetches the newest commit. After the first time, all commits in between too: they tell whether a commit of op is among them. */
export async function fetchTip(git: Git, source: Source, known: Tip): Promise<Tip> {
  const { url, branch, folder } = source;
  const doing = `fetch ${branch}`;
  const ended = await git.transfer(doing, [
    ...['fetch', '--progress', '--no-tags', '--no-recurse-submodules', '--force', '--no-write-fetch-head'],
    ...(known.commit === undefined ? ['--depth=1'] : []),
    ...['--', url, `+refs/heads/${branch}:${fetched}`],
  ]);
  if (ended.ended !== 'ok') {
    if (/couldn't find remote ref/u.test(ended.stderr)) return noBranch(known.digits);
    if (known.digits === 40 && usesSha256(ended)) {
      await initialize(git, source, 'sha256');
      return fetchTip(git, source, noBranch(64));
    }
    throw failureOfGit(doing, url, ended, advice);
  }
  const commit = await git.must('read the fetched commit', ['rev-parse', '--verify', `${fetched}^{commit}`]);
  return commit === known.commit ? known : { ...known, commit, entries: await listTree(git, commit, folder) };
}
