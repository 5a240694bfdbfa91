import { dirname } from 'node:path';
import type { Context } from '../../context.js';
import { type Ended, run } from '../../kit/process/run.js';
import { sleep } from '../../kit/process/sleep.js';
import type { GitAccess } from './access.js';
import { type Advice, failureOfGit, isTransient, withAccessOptions } from './failure.js';

/**
 * Runs git for one repository: in one directory, with one set of credentials.
 * `doing` completes the sentence "git failed to …".
 */
export interface Git {
  /** What to do about a failure. */
  readonly advice: Advice;
  /** A failure is a value. */
  readonly attempt: (args: readonly string[], options?: GitOptions) => Promise<Ended>;
  /** Must succeed; returns stdout. @throws OpError with the reason that git printed */
  readonly must: (doing: string, args: readonly string[], options?: GitOptions) => Promise<string>;
  /** Like `attempt`, for commands that talk to the server: shows progress, and retries when the network failed. */
  readonly transfer: (doing: string, args: readonly string[], options?: GitOptions) => Promise<Ended>;
  /** Like `transfer`, but must succeed. @throws OpError */
  readonly remote: (doing: string, args: readonly string[], options?: GitOptions) => Promise<string>;
}

export interface GitOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly onLine?: (line: string) => void;
}

/** On git's command line these override the repository's own configuration. */
const hardened = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.commitGraph=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
].flatMap((setting) => ['-c', setting]);

/** Milliseconds before the second attempt, and before the third. */
const pauses = [1000, 3000];

/** What all calls of git for one repository have in common. */
export interface GitSetting {
  readonly access: GitAccess;
  /** A real path; git does not look for a repository above it. */
  readonly directory: string;
  /** Without credentials, for messages. */
  readonly url: string;
  /** What to do about a failure; for the options of `accessOptions` if it is not given. */
  readonly advice?: Advice;
}

/** Creates the runner. */
export function createGit(context: Context, setting: GitSetting): Git {
  const { access, directory, url } = setting;
  const advice = { given: access.given, ...(setting.advice ?? withAccessOptions) };
  const attempt: Git['attempt'] = (args, { env, ...options } = {}) =>
    run(context, {
      program: 'git',
      args: [...hardened, ...args],
      cwd: directory,
      env: { ...access.env, GIT_CEILING_DIRECTORIES: dirname(directory), ...env },
      ...options,
    });
  const must: Git['must'] = async (doing, args, options) => {
    const ended = await attempt(args, options);
    if (ended.ended !== 'ok') throw failureOfGit(doing, url, ended, advice);
    return ended.stdout;
  };
  const transfer: Git['transfer'] = async (doing, args, options) => {
    for (const pause of [...pauses, undefined]) {
      const progress = createProgress(context, doing);
      const ended = await attempt(args, { ...options, onLine: progress.onLine }).finally(progress.stop);
      if (ended.ended === 'ok' || pause === undefined || !isTransient(ended.stderr)) return ended;
      context.log.progress(`${doing}: the network failed, retrying in ${pause / 1000} s`);
      await sleep(context, pause);
    }
    throw new Error('unreachable: the last attempt returns');
  };
  const remote: Git['remote'] = async (doing, args, options) => {
    const ended = await transfer(doing, args, options);
    if (ended.ended !== 'ok') throw failureOfGit(doing, url, ended, advice);
    return ended.stdout;
  };
  return { advice, attempt, must, transfer, remote };
}

/** Milliseconds between two lines of progress. */
const interval = 5000;

/** Prints git's own progress every few seconds, or that op is still waiting. */
function createProgress({ log, now }: Context, doing: string) {
  const start = now().getTime();
  let last = 'waiting';
  const timer = setInterval(() => {
    log.progress(`${doing}: ${last} (${Math.round((now().getTime() - start) / 1000)} s)`);
  }, interval);
  return {
    onLine: (line: string) => {
      const found =
        /^(?:remote: )?((?:Receiving|Counting|Compressing|Resolving|Updating|Unpacking) [a-z]+: +\d+%)/u.exec(line);
      last = found?.[1] ?? last;
    },
    stop: () => clearInterval(timer),
  };
}
