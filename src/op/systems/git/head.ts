import type { Context } from '../../context.js';
import { failureOf, run } from '../../kit/process/run.js';
import { embedded, gitGuard, isEmbedded } from './embedded.js';

/** What git knows about the sources in a directory. */
export interface Head {
  /** The full commit id. */
  readonly commit: string;
  /** Number of files that differ from the commit, untracked ones included. */
  readonly changed: number;
  /** The URL of the remote `origin` without credentials; empty when there is none. */
  readonly url: string;
}

const failing = { what: 'cannot find out which commit is checked out', hint: 'run git status in that directory' };

/**
 * Looks up HEAD of the repository that contains `directory`; undefined when there is no repository or no commit.
 * @throws OpError (tool) when git is missing or cannot read the repository; (refused) for one that is embedded in another one
 */
export async function readHead(context: Context, directory: string): Promise<Head | undefined> {
  const git = (...args: string[]) => ({
    program: 'git',
    args: ['-C', directory, ...args],
    env: gitGuard(context.env),
  });
  const revision = git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
  const head = await run(context, revision);
  if (head.ended === 'missing') throw failureOf(revision, head, failing);
  if (isEmbedded(head.stderr)) throw embedded(directory);
  // It prints nothing if there is no commit yet. Anything else that it prints (another owner, a broken file) is a failure.
  const isNone = head.stderr === '' || head.stderr.includes('not a git repository');
  if (head.ended !== 'ok' && !isNone) throw failureOf(revision, head, failing);
  if (head.ended !== 'ok') return undefined;
  const status = git('status', '--porcelain', '-z', '--untracked-files=normal', '--', ':/');
  const [changes, origin] = await Promise.all([run(context, status), run(context, git('remote', 'get-url', 'origin'))]);
  if (changes.ended !== 'ok') throw failureOf(status, changes, failing);
  return {
    commit: head.stdout.trim(),
    changed: changes.stdout.split('\0').filter((entry) => /^[ MTADRCU?!]{2} /u.test(entry)).length,
    url: origin.ended === 'ok' ? withoutCredentials(origin.stdout.trim()) : '',
  };
}

/** The branch that is checked out; undefined for a detached HEAD. */
export async function currentBranch(context: Context, directory: string): Promise<string | undefined> {
  const args = ['-C', directory, 'symbolic-ref', '--quiet', '--short', 'HEAD'];
  const ended = await run(context, { program: 'git', args, env: gitGuard(context.env) });
  return (ended.ended === 'ok' && ended.stdout.trim()) || undefined;
}

/** The root of the work tree that contains `directory`; the directory itself if there is none. */
export async function workTree(context: Context, directory: string): Promise<string> {
  const args = ['-C', directory, 'rev-parse', '--show-toplevel'];
  const ended = await run(context, { program: 'git', args, env: gitGuard(context.env) });
  return (ended.ended === 'ok' && ended.stdout.trim()) || directory;
}

/** A URL that is safe to publish: without the user name and password of an http remote. */
export const withoutCredentials = (url: string) => url.replace(/^(https?:\/\/)[^/]*@/iu, '$1');
