import type { Context } from '../../context.js';
import { type Ended, failureOf } from '../../kit/process/run.js';
import { embedded, isEmbedded } from './embedded.js';
import { gitIn, refuseFilters, topOf } from './own-configuration.js';

/** What git knows about the sources in a directory. */
export interface Head {
  /** The full commit id. */
  readonly commit: string;
  /** Number of files that differ from the commit, untracked ones included. */
  readonly changed: number;
  /** One of these files, where the commit has CRLF although .gitattributes says that it is text: git changes that as soon as it looks. */
  readonly withCarriageReturns?: string | undefined;
  /** The URL of the remote `origin` without credentials; empty when there is none. */
  readonly url: string;
}

const failed = (args: readonly string[], ended: Ended) =>
  failureOf({ program: 'git', args }, ended, {
    what: 'cannot find out which commit is checked out',
    hint: 'run git status in that directory',
  });

/**
 * Looks up HEAD of the repository that contains `directory`; undefined when there is no repository or no commit.
 * @throws OpError (tool) when git is missing or cannot read the repository; (refused) for one that is embedded in another one, or
 * that configures programs
 */
export async function readHead(context: Context, directory: string): Promise<Head | undefined> {
  const git = (...args: readonly string[]) => gitIn(context, directory, args);
  const revision = ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'];
  const head = await git(...revision);
  if (head.ended === 'missing') throw failed(revision, head);
  if (isEmbedded(head.stderr)) throw embedded(directory);
  // It prints nothing if there is no commit yet. Anything else that it prints (another owner, a broken file) is a failure.
  const isNone = head.stderr === '' || head.stderr.includes('not a git repository');
  if (head.ended !== 'ok' && !isNone) throw failed(revision, head);
  if (head.ended !== 'ok') return undefined;
  await refuseFilters(context, directory);
  const status = ['status', '--porcelain', '-z', '--untracked-files=normal', '--', ':/'];
  const [changes, origin] = await Promise.all([git(...status), git('remote', 'get-url', 'origin')]);
  if (changes.ended !== 'ok') throw failed(status, changes);
  const changed = changes.stdout.split('\0').filter((entry) => /^[ MTADRCU?!]{2} /u.test(entry)).length;
  const eol = changed === 0 ? undefined : await git('ls-files', '--eol', '--modified', '-z', '--', ':/');
  return {
    commit: head.stdout.trim(),
    changed,
    withCarriageReturns: /(?:^|\0)i\/(?:crlf|mixed) [^\0\t]*attr\/text(?=[ \t])[^\0\t]*\t([^\0]*)/u.exec(
      eol?.stdout ?? '',
    )?.[1],
    url: origin.ended === 'ok' ? withoutCredentials(origin.stdout.trim()) : '',
  };
}

/** The branch that is checked out; undefined for a detached HEAD. */
export async function currentBranch(context: Context, directory: string): Promise<string | undefined> {
  const ended = await gitIn(context, directory, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  return (ended.ended === 'ok' && ended.stdout.trim()) || undefined;
}

/** The root of the work tree that contains `directory`; the directory itself if there is none. @throws OpError (refused) */
export const workTree = async (context: Context, directory: string): Promise<string> =>
  (await topOf(context, directory)) ?? directory;

/** A URL that is safe to publish: without the user name and password of an http remote. */
export const withoutCredentials = (url: string) => url.replace(/^(https?:\/\/)[^/]*@/iu, '$1');
