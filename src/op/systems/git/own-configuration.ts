import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { type Ended, failureOf, run } from '../../kit/process/run.js';
import { gitGuard, repositoryAbove, rootOfVolume } from './embedded.js';
import { refusePipes } from './regular-files.js';

/** Milliseconds: more than git needs to compare a large work tree. */
const longest = 600_000;

/**
 * Runs git in a directory of a repository that whoever wrote it configured: nothing is fetched, because a repository can name the program
 * that git connects with.
 * @throws OpError (refused) for a repository with pipes where git reads files; (deadline) if git does not end
 */
export async function gitIn(context: Context, directory: string, args: readonly string[]): Promise<Ended> {
  await refusePipes(directory);
  const env = { ...gitGuard(context.env, await rootOfVolume(directory)), GIT_ALLOW_PROTOCOL: 'none' };
  const command = { program: 'git', args: ['-C', directory, ...args], env, timeout: longest };
  const ended = await run(context, command);
  if (ended.ended !== 'deadline') return ended;
  throw failureOf(command, ended, {
    what: `git does not end in ${directory}`,
    hint: 'look for pipes in the repository, such as a .gitignore that is none: find . -type p',
  });
}

/**
 * Refuses a repository, or a submodule of it, whose own configuration names programs that git runs to compare files, in op and in the
 * programs that op starts: what ran in a workspace before may have set them. The user's configuration may name any.
 * @throws OpError (refused)
 */
export async function refuseFilters(context: Context, directory: string): Promise<void> {
  const filter = await ownFilter(context, directory);
  if (filter !== undefined) throw configuresFilter(directory, filter);
  for (const submodule of await submodulesOf(context, directory)) await refuseFilters(context, submodule);
}

/** What `git lfs install --local` writes. */
const lfs = /^git-lfs (?:clean -- %f|(?:smudge|filter-process)(?: --skip)?(?: -- %f)?)$/u;

/** The first setting of the repository that names such a program. If the configuration cannot be read, git fails later, too. */
async function ownFilter(context: Context, directory: string): Promise<string | undefined> {
  const listed = await gitIn(context, directory, ['config', '--list', '--null', '--show-scope']);
  // SCOPE NUL NAME LF VALUE NUL
  const words = listed.ended === 'ok' ? listed.stdout.split('\0') : [];
  for (let index = 0; index + 1 < words.length; index += 2) {
    const [scope, [name = '', ...value]] = [words[index], (words[index + 1] ?? '').split('\n')];
    if (scope !== 'local' && scope !== 'worktree') continue;
    if (/^lfs\.extension\..*\.(?:clean|smudge)$/u.test(name)) return name;
    if (/^filter\..*\.(?:clean|smudge|process)$/u.test(name) && !isHarmless(name, value.join('\n'))) return name;
  }
  return undefined;
}

const isHarmless = (name: string, value: string) => value === '' || (name.startsWith('filter.lfs.') && lfs.test(value));

/** The work trees of submodules, which git compares with git in them. */
async function submodulesOf(context: Context, directory: string): Promise<readonly string[]> {
  const top = await topOf(context, directory);
  if (top === undefined) return [];
  const staged = await gitIn(context, top, ['ls-files', '--stage', '-z']);
  const links = staged.stdout
    .split('\0')
    .flatMap((entry) => (entry.startsWith('160000 ') ? [join(top, entry.slice(entry.indexOf('\t') + 1))] : []));
  const there = await Promise.all(links.map((link) => lstat(join(link, '.git')).catch(() => undefined)));
  return links.filter((_, index) => there[index] !== undefined);
}

/**
 * The root of the work tree that contains `directory`; undefined if there is none. It is where `.git` is: the configuration of a
 * repository can name any other directory, and op takes all that is below the root for files of the repository.
 * @throws OpError (refused)
 */
export async function topOf(context: Context, directory: string): Promise<string | undefined> {
  const ended = await gitIn(context, directory, ['rev-parse', '--show-toplevel']);
  const top = ended.ended === 'ok' ? ended.stdout.replace(/\n$/u, '') : '';
  if (top === '') return undefined;
  // There is none where the user's GIT_DIR names it.
  const above = await repositoryAbove('/', await realpath(directory));
  if (above === undefined || above === top) return top;
  throw refusedError({
    what: `cannot use the repository in ${above}`,
    why: `its configuration sets core.worktree, so that all files of ${top} would be its own`,
    hint: 'remove that with git config --unset core.worktree, or use another clone',
  });
}

const configuresFilter = (directory: string, name: string) =>
  refusedError({
    what: `cannot use the repository in ${directory}`,
    why: `its configuration sets ${name}: git would run that program, and the repository may have come with it`,
    hint: `look at it with git config --get ${name}; if you want it, set it in your own configuration (git config --global), and remove it with git config --unset-all ${name}`,
  });
