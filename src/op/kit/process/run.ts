import { existsSync } from 'node:fs';
import type { Context } from '../../context.js';
import { deadlineError, toolError } from '../errors/op-error.js';
import { startWatching, superviseGroup } from './process-group.js';
import { shownArguments } from './shown-arguments.js';
import { splitLines } from './split-lines.js';

/** One child process: a program and its argv, never a shell string. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to op's own environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Milliseconds; then the child and everything that it started get SIGTERM, and SIGKILL five seconds later. */
  readonly timeout?: number | undefined;
  /** `false` for a program whose output has no limit: only `onLine` gets it, and the output in `Ended` is empty. */
  readonly keepOutput?: boolean;
  /** Called for each line of stdout and stderr as it arrives; progress that ends in a carriage return is a line too. */
  readonly onLine?: (line: string) => void;
}

/** How a child ended. `missing` means that the program was not found. */
export interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: 'ok' | 'failed' | 'missing' | 'deadline';
}

/**
 * Runs a program and says how it ended; a failing exit code is a value, not an exception.
 * @throws Interrupted when op itself is told to stop: the child and everything that it started get SIGTERM first
 */
export async function run(context: Context, command: Command): Promise<Ended> {
  const { program, args, cwd = context.cwd, env = {}, input, timeout, keepOutput = true, onLine } = command;
  context.log.debug(`run ${JSON.stringify([program, ...shownArguments(args)])} in ${cwd}`);
  // It takes 40 ms to load, and many commands run no program.
  const { execa } = await import('execa');
  if (context.signal.aborted) throw context.signal.reason;
  startWatching();
  const running = execa(program, args, {
    cwd,
    env: { ...context.env, ...env },
    extendEnv: false,
    stdin: input === undefined ? 'ignore' : 'pipe',
    reject: false,
    detached: true,
    buffer: keepOutput,
    maxBuffer: 64 * 1024 * 1024,
    ...(input === undefined ? {} : { input }),
  });
  const group = superviseGroup(running.pid, { signal: context.signal, timeout });
  if (onLine) {
    for (const stream of [running.stdout, running.stderr]) if (stream) splitLines(stream, onLine);
  }
  const child = await running;
  group.ended();
  if (context.signal.aborted) throw context.signal.reason;
  const noDirectory = child.code === 'ENOENT' && !existsSync(cwd);
  const missing = !noDirectory && (child.code === 'ENOENT' || child.code === 'EACCES');
  return {
    exitCode: child.exitCode,
    stdout: String(child.stdout ?? ''),
    stderr: noDirectory
      ? `directory ${cwd} not found`
      : String(child.stderr ?? '') || (missing ? `${program}: not found` : ''),
    ended: group.timedOut() ? 'deadline' : missing ? 'missing' : child.failed ? 'failed' : 'ok',
  };
}

/** What to tell the user when a required program fails. */
export interface Failing {
  readonly what: string;
  readonly hint: string;
}

/** Runs a program that must succeed. @throws OpError (tool, deadline) with the last lines that it printed */
export async function mustRun(context: Context, command: Command, failing: Failing): Promise<Ended> {
  const ended = await run(context, command);
  if (ended.ended === 'ok') return ended;
  throw failureOf(command, ended, failing);
}

/** The error for a program that failed. */
export function failureOf(command: Command, ended: Ended, { what, hint }: Failing) {
  const { program, timeout = 0 } = command;
  if (ended.ended === 'missing') {
    return toolError({
      what,
      why: `the program ${program} is not installed or not on PATH`,
      hint: `run op doctor: it says how to install ${program}`,
    });
  }
  if (ended.ended === 'deadline') {
    return deadlineError({ what, why: `${program} timed out after ${timeout / 1000} s`, hint });
  }
  const said = lastLines(ended.stderr || ended.stdout, 12);
  return toolError({ what, why: `${program} ended with exit code ${ended.exitCode ?? 'none'}${said}`, hint });
}

function lastLines(text: string, count: number): string {
  const lines = text.trimEnd().split('\n').filter(Boolean).slice(-count);
  return lines.length > 0 ? `:\n${lines.join('\n')}` : ', and printed nothing';
}
