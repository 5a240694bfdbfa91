import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Ended } from '../../kit/process/run.js';
import { type Advice, failureOfGit, lacksCredentials } from '../../systems/git/failure.js';
import type { Git } from '../../systems/git/git.js';
import { givesNoCommits } from './fetch.js';
import type { CloneRequest } from './request.js';

/** Writes the files of a commit into the directory, with its submodules if requested. */
export async function checkOut(
  context: Context,
  git: Git,
  directory: string,
  request: CloneRequest,
  commit: string,
): Promise<void> {
  await git.must('write the files', ['checkout', '--quiet', '--force', '--detach', commit]);
  await warnOfLfs(context, git);
  if (request.submodules) await fetchSubmodules(context, git, directory, request);
}

async function fetchSubmodules(context: Context, git: Git, directory: string, request: CloneRequest): Promise<void> {
  const all = await linksOf(git);
  // With a sparse checkout, those of the directories that are checked out.
  const links = all.filter(({ left }) => !left).map(({ path }) => path);
  if (links.length < all.length) context.log.step(`${countOf(all.length - links.length, 'submodule')} not checked out`);
  if (links.length === 0) return;
  // git takes the URLs from the commit where .gitmodules itself is not checked out.
  const described = await git.must('list the files', ['ls-files', '--stage', '-z', '--', '.gitmodules']);
  if (!described.startsWith('100')) {
    context.log.warn(`${countOf(links.length, 'submodule')} without a URL: the commit has no .gitmodules`);
    return;
  }
  context.log.step(
    `fetch ${links.length === 1 ? 'the submodule' : `${links.length} submodules`} ${links.slice(0, 5).join(', ')}`,
  );
  const update = async (depth: number) => {
    // git creates a submodule only in an empty directory; with --delete-existing=false there may be an old one.
    for (const link of links) await emptyIfDirectory(join(directory, link));
    return git.transfer('fetch the submodules', [
      ...['submodule', 'update', '--init', '--recursive', '--force'],
      ...(depth === 0 ? [] : [`--depth=${depth}`]),
      ...(links.length < all.length ? ['--', ...links.map((link) => `:(literal)${link}`)] : []),
    ]);
  };
  let fetched = await update(request.depth);
  if (fetched.ended !== 'ok' && request.depth > 0 && givesNoCommits(fetched.stderr)) {
    context.log.step('a server gives branches and tags only: fetch the submodules with their history');
    await rm(join(directory, '.git', 'modules'), { recursive: true, force: true });
    fetched = await update(0);
  }
  if (fetched.ended !== 'ok') throw notFetched(request, fetched, git.advice);
  await warnOfLfs(context, git, true);
}

function notFetched({ url, submodulesWithoutCredential }: CloneRequest, ended: Ended, advice: Advice): OpError {
  const failure = failureOfGit('fetch the submodules', url.clean, ended, advice);
  if (!submodulesWithoutCredential || !lacksCredentials(ended.stderr)) return failure;
  return new OpError(failure.kind, {
    what: failure.message,
    why: `${failure.why}: the credential is used for ${url.clean} only`,
    hint:
      'if everyone who may change .gitmodules may read all that the credential opens, use it for the whole host with --submodule-credentials ' +
      '(in a Task: the param submodule-credentials); or leave submodules out with --submodules=false',
    cause: failure,
  });
}

const inLfs = ['ls-files', '-t', '-z', '--', ':(attr:filter=lfs)'];

/** Without the program git-lfs, files in Git LFS are only small text files that point to the real ones. */
async function warnOfLfs(context: Context, git: Git, inSubmodules = false): Promise<void> {
  const listed = await git.must(
    'list the files',
    inSubmodules
      ? ['submodule', 'foreach', '--quiet', '--recursive', `git ${inLfs.join(' ').replace(/:.*$/u, "'$&'")}`]
      : inLfs,
  );
  const files = listed.split('\0').flatMap((entry) => (entry.startsWith('H ') ? [entry.slice(2)] : []));
  const [first] = files;
  if (first === undefined) return;
  const filter = await git.attempt(['config', '--get', 'filter.lfs.smudge']);
  if (filter.ended === 'ok') return;
  context.log.warn(
    `${countOf(files.length, 'file')} in Git LFS, such as ${oneLine(first)}, checked out as pointers only: git-lfs is not set up here`,
  );
}

/** The submodules, entries of mode 160000, and whether a sparse checkout leaves them out. */
async function linksOf(git: Git): Promise<readonly { readonly path: string; readonly left: boolean }[]> {
  const staged = await git.must('list the files', ['ls-files', '-t', '--stage', '-z']);
  return staged.split('\0').flatMap((entry) => {
    const [, tag, path = ''] = /^(\S) 160000 [^\t]*\t(.*)$/su.exec(entry) ?? [];
    return tag === undefined ? [] : [{ path, left: tag === 'S' }];
  });
}

async function emptyIfDirectory(path: string): Promise<void> {
  if (!(await lstat(path).catch(() => undefined))?.isDirectory()) return;
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true });
}
