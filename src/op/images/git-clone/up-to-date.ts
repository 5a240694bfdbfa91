import { access as present, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from '../../systems/git/git.js';
import type { Remote } from '../../systems/git/remote.js';
import type { ExistingClone } from './git-directory.js';
import type { CloneRequest } from './request.js';
import type { RevisionToFetch } from './revision.js';

const exists = (path: string) =>
  present(path).then(
    () => true,
    () => false,
  );

/**
 * Whether the directory has exactly the wanted commit, and nothing else. An earlier build may have prepared the directory so that
 * `git status` reports a changed file as clean, so neither the old index nor the object store is trusted: the commit, its trees and every
 * file are hashed again. Clones with submodules, sparse checkouts or refspecs are not checked, but fetched again.
 */
export async function isUpToDate(
  git: Git,
  directory: string,
  {
    request,
    wanted,
    remote,
    found,
  }: { request: CloneRequest; wanted: RevisionToFetch; remote: Remote; found: ExistingClone },
): Promise<boolean> {
  const { commit } = wanted;
  if (
    commit === undefined ||
    found.kind !== 'usual' ||
    !found.finished ||
    found.submodules ||
    found.url !== request.url.clean
  )
    return false;
  if (request.refspecs.length > 0 || request.sparse.length > 0) return false;
  if (request.submodules && (await exists(join(directory, '.gitmodules')))) return false;
  const ask = async (args: readonly string[], options?: { env?: Record<string, string>; input?: string }) => {
    const ended = await git.attempt(args, options);
    return ended.ended === 'ok' ? ended.stdout : undefined;
  };
  if ((await ask(['rev-parse', '--verify', '--quiet', '--end-of-options', 'HEAD']))?.trim() !== commit) return false;
  if (!(await isDeepEnough(directory, request.depth, ask))) return false;
  if (!tagsAreKnown((await ask(['for-each-ref', '--format=%(refname) %(objectname)', 'refs/tags'])) ?? 'x x', remote))
    return false;
  // A separate index, made from the trees: it has no file times, so git reads and hashes every file.
  const index = join(directory, '.git', 'octopipeline-index');
  const env = { GIT_INDEX_FILE: index };
  try {
    const listed = await ask(['ls-tree', '-r', '-z', '--full-tree', commit]);
    if (
      listed === undefined ||
      (await ask(['update-index', '-z', '--index-info'], { env, input: listed })) === undefined
    )
      return false;
    const tree = await ask(['write-tree'], { env });
    // rev-parse checks the hash of the commit that it reads the tree from.
    const expected = await ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{tree}`]);
    if (tree === undefined || tree !== expected) return false;
    const changes = await ask(
      ['status', '--porcelain', '-z', '--ignored', '--untracked-files=all', '--ignore-submodules=none'],
      { env },
    );
    if (changes !== '') return false;
    await rename(index, join(directory, '.git', 'index'));
    return true;
  } finally {
    await rm(index, { force: true });
    await rm(`${index}.lock`, { force: true });
  }
}

type Ask = (args: readonly string[]) => Promise<string | undefined>;

async function isDeepEnough(directory: string, depth: number, ask: Ask): Promise<boolean> {
  if (!(await exists(join(directory, '.git', 'shallow')))) return true;
  if (depth === 0) return false;
  return depth === 1 || Number(await ask(['rev-list', '--count', '--first-parent', 'HEAD'])) >= depth;
}

/** A tag that the server does not have could end up in image names. */
const tagsAreKnown = (listed: string, { refs }: Remote) =>
  listed
    .split('\n')
    .filter((line) => line !== '')
    .every((line) => refs.get(line.split(' ')[0] ?? '') === line.split(' ')[1]);
