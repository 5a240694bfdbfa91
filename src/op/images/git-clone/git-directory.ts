import type { Dirent } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from '../../systems/git/git.js';

/** A file in `.git` from before the first change until after the last: it marks the clone of a run that did not finish. */
export const unfinished = 'octopipeline-unfinished';

/** What op's own clones have in `.git`: no hooks, no `commondir`, no configuration of worktrees, no submodules. */
const usual = new Set([
  ...[
    'HEAD',
    'FETCH_HEAD',
    'ORIG_HEAD',
    'config',
    'description',
    'index',
    'objects',
    'refs',
    'logs',
    'packed-refs',
    'shallow',
  ],
  ...['info', 'branches', 'COMMIT_EDITMSG', unfinished],
]);
const usualInfo = new Set(['exclude', 'sparse-checkout', 'refs']);

/** Settings that only describe the repository. Many others name programs for git to run. */
const harmless =
  /^(?:core\.(?:repositoryformatversion|filemode|bare|logallrefupdates|symlinks|ignorecase|precomposeunicode|sparsecheckout)|extensions\.objectformat|remote\.origin\.(?:url|fetch|tagopt)|branch\..*\.(?:remote|merge)|submodule\..*\.(?:url|active))$/u;

/** What is known about an existing `.git`. */
export type ExistingClone =
  | { readonly kind: 'none' }
  /** Something in it could make git run a program or read other directories, so git must not be run with it. */
  | { readonly kind: 'untrusted'; readonly why: string }
  | { readonly kind: 'usual'; readonly url: string; readonly finished: boolean; readonly submodules: boolean };

/** Inspects the `.git` of a directory without trusting anything in it: a workspace may hold what an earlier build left. */
export async function inspectGitDirectory(git: Git, directory: string): Promise<ExistingClone> {
  const path = join(directory, '.git');
  const itself = await lstat(path).catch(() => undefined);
  if (itself === undefined) return { kind: 'none' };
  if (!itself.isDirectory()) return { kind: 'untrusted', why: '.git is not a directory' };
  const entries = await readdir(path, { withFileTypes: true });
  const names = new Set(entries.map((entry) => entry.name));
  const submodules = names.has('modules');
  const finished = !names.has(unfinished) && ['HEAD', 'config', 'objects', 'refs'].every((name) => names.has(name));
  const info = names.has('info') ? await readdir(join(path, 'info'), { withFileTypes: true }) : [];
  const odd = unexpectedEntry(entries, usual, submodules) ?? unexpectedEntry(info, usualInfo, false);
  if (odd !== undefined) return { kind: 'untrusted', why: `.git holds ${odd}` };
  if (!names.has('config')) return { kind: 'usual', url: '', finished: false, submodules };
  const listed = await git.attempt(['config', '--file', join(path, 'config'), '--no-includes', '-z', '--list']);
  if (listed.ended !== 'ok') return { kind: 'untrusted', why: '.git/config cannot be read' };
  const settings = listed.stdout.split('\0').filter((item) => item !== '');
  const pairs = settings.map((item): [string, string] => [
    item.split('\n', 1)[0] ?? '',
    item.slice(item.indexOf('\n') + 1),
  ]);
  const setting = pairs.find(([name]) => !harmless.test(name));
  if (setting !== undefined) return { kind: 'untrusted', why: `.git/config sets ${setting[0]}` };
  const url = pairs.find(([name]) => name === 'remote.origin.url')?.[1] ?? '';
  return { kind: 'usual', url, finished, submodules };
}

function unexpectedEntry(
  entries: readonly Dirent[],
  expected: ReadonlySet<string>,
  submodules: boolean,
): string | undefined {
  const odd = entries.find(
    ({ name }) => !expected.has(name) && !(submodules && name === 'modules') && !name.endsWith('.lock'),
  );
  return odd?.name ?? entries.find((entry) => !entry.isDirectory() && !entry.isFile())?.name;
}

/** Removes the lock files that a killed git left: `index.lock`, `shallow.lock`, and those of refs. */
export async function removeLocks(gitDirectory: string): Promise<void> {
  const top = await readdir(gitDirectory);
  const refs = await readdir(join(gitDirectory, 'refs'), { recursive: true }).catch(() => []);
  const locks = [...top, ...refs.map((name) => join('refs', name))].filter((name) => name.endsWith('.lock'));
  for (const name of locks) await rm(join(gitDirectory, name), { force: true });
}
