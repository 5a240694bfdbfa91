import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import type { Ended } from '../../kit/process/run.js';
import { failureOfGit, lacksCredentials } from '../../systems/git/failure.js';
import type { Git } from '../../systems/git/git.js';
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
  await warnOfLfs(context, git, directory);
  if (!request.submodules) return;
  const links = await linksOf(git);
  if (links.length === 0) return;
  if (!(await lstat(join(directory, '.gitmodules')).catch(() => undefined))?.isFile()) {
    context.log.warn(`${links.length} submodules have no URL: the commit has no .gitmodules`);
    return;
  }
  context.log.step(
    `fetch ${links.length === 1 ? 'the submodule' : `${links.length} submodules`} ${links.slice(0, 5).join(', ')}`,
  );
  // git creates a submodule only in an empty directory; with --delete-existing=false there may be an old one.
  for (const link of links) await emptyIfDirectory(join(directory, link));
  const fetched = await git.transfer('fetch the submodules', [
    ...['submodule', 'update', '--init', '--recursive', '--force'],
    ...(request.depth === 0 ? [] : [`--depth=${request.depth}`]),
  ]);
  if (fetched.ended !== 'ok') throw notFetched(request, fetched);
}

function notFetched({ url, submodulesWithoutCredential }: CloneRequest, ended: Ended): OpError {
  const failure = failureOfGit('fetch the submodules', url.clean, ended);
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

/** Without the program git-lfs, files in Git LFS are only small text files that point to the real ones. */
async function warnOfLfs(context: Context, git: Git, directory: string): Promise<void> {
  const path = join(directory, '.gitattributes');
  const attributes = (await lstat(path).catch(() => undefined))?.isFile() ? await readFile(path, 'utf8') : '';
  if (!/\bfilter=lfs\b/u.test(attributes)) return;
  const filter = await git.attempt(['config', '--get', 'filter.lfs.smudge']);
  if (filter.ended !== 'ok')
    context.log.warn('files in Git LFS are checked out as pointers only: git-lfs is not set up here');
}

/** Paths of the submodules: entries of mode 160000. */
async function linksOf(git: Git): Promise<readonly string[]> {
  const staged = await git.must('list the files', ['ls-files', '--stage', '-z']);
  return staged
    .split('\0')
    .flatMap((entry) => (entry.startsWith('160000 ') ? [entry.slice(entry.indexOf('\t') + 1)] : []));
}

async function emptyIfDirectory(path: string): Promise<void> {
  if (!(await lstat(path).catch(() => undefined))?.isDirectory()) return;
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true });
}
