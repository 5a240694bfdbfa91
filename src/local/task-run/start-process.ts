import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { startWatching, superviseGroup } from '../../op/kit/process/process-group.js';
import type { Environment } from './environment.js';
import type { Mask } from './mask.js';
import { splitOutput } from './split-output.js';

/** Milliseconds until SIGKILL follows SIGTERM, if nothing else is said, and that output may go on when its program has ended. */
const patience = { term: 5000, output: 1000 };

/** How often bwrap tries to make its view. */
const attempts = 6;

export interface Process {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  /** It runs in a PID namespace, which ends with it. */
  readonly sandboxed: boolean;
  /** What bwrap gets open, from 5 on; closed at its end. */
  readonly open?: Disposable & { readonly descriptors: readonly number[] };
  /** Milliseconds until SIGKILL follows SIGTERM. */
  readonly patience?: number;
  readonly mask: Mask;
  readonly onLine: (line: string) => void;
}

export interface RunningProcess {
  /** How it ended: by a signal, 128 and its number. `failure` is why it could not start; the exit code is never 0 then. */
  readonly ended: Promise<{ readonly exitCode: number; readonly failure?: string }>;
  /** SIGTERM for all its processes, SIGKILL a little later. */
  readonly stop: () => void;
}

/** Starts a program with its output, line by line, and no input. */
export function startProcess(wanted: Process): RunningProcess {
  let running = launch(wanted);
  let stopped = false;
  const untilEnd = async () => {
    using _open = wanted.open;
    const { descriptors = [] } = wanted.open ?? {};
    for (let attempt = 1; ; attempt++) {
      const { made, said, ...result } = await running.ended;
      if (made) return result;
      // Other programs mount and unmount all the time: bwrap gives up when one does while it makes its view.
      // It looks for what it gets open by its name of that moment, and then sees that it is another one.
      const moved =
        descriptors.length > 0 && /^bwrap: (?:Race condition|Can't get type of source)/u.test(said[0] ?? '');
      const again = (moved || /^bwrap: Can't bind mount/u.test(said[0] ?? '')) && attempt < attempts && !stopped;
      if (!again) {
        const why = moved ? 'a directory that it mounts was moved meanwhile' : said.join('; ');
        const failure = result.failure ?? (why || 'bwrap ended without a word');
        return { exitCode: result.exitCode || 1, failure };
      }
      await delay(20 * attempt);
      running = launch(wanted);
    }
  };
  return {
    ended: untilEnd(),
    stop: () => {
      stopped = true;
      running.stop();
    },
  };
}

interface Launched {
  /** `made` is whether the program was started; if not, `said` is what bwrap said. */
  readonly ended: Promise<{
    readonly exitCode: number;
    readonly failure?: string;
    readonly made: boolean;
    readonly said: readonly string[];
  }>;
  readonly stop: () => void;
}

function launch(wanted: Process): Launched {
  const { program, args, env, cwd, sandboxed, open, mask, onLine } = wanted;
  const failure = whyNoProcess(args, env);
  if (failure !== undefined) {
    return { ended: Promise.resolve({ exitCode: 1, failure, made: true, said: [] }), stop: () => undefined };
  }
  // One pipe for both outputs: of two, nothing tells what was printed first. bwrap reports on 3 when it has started the program. It gets
  // the variables on 4: in its own environment, LD_PRELOAD of a step would load code outside of the sandbox.
  const more = sandboxed ? ['--json-status-fd', '3', '--args', '4'] : [];
  const pipe = sandboxed ? 'pipe' : 'ignore';
  startWatching();
  // The view comes on 4, too: if op is killed before it has written that, bwrap has nothing to run a program in, and ends.
  const command = sandboxed ? args.indexOf('--') : 0;
  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', program, ...more, ...args.slice(command)], {
    cwd,
    env: sandboxed ? {} : env,
    stdio: ['ignore', 'pipe', 'ignore', pipe, pipe, ...(open?.descriptors ?? [])],
    detached: true,
  });
  const { pid } = child;
  const stopping = new AbortController();
  // A sandbox dies with op or with bwrap, and with it all that is in its PID namespace; but not in bwrap's first moments, which come
  // after this: it waits for what is given to it.
  const group = superviseGroup(pid, { signal: stopping.signal, timeout: undefined });
  if (sandboxed) giveArguments(child, [...args.slice(0, command), ...variableOptions(env)]);
  const output = readable(child.stdio[1]);
  const said: string[] = [];
  let first = true;
  splitOutput(
    output,
    (line) => {
      // What bwrap says comes before any output of the program, and is for the program's user only if it never starts.
      if (sandboxed && first && line.startsWith('bwrap: ')) return void said.push(line);
      if (first) for (const held of said) onLine(mask.hide(held));
      first = false;
      onLine(mask.hide(line));
    },
    mask.cut,
  );
  let report = '';
  child.stdio[3]?.on('data', (chunk: Buffer) => {
    report += chunk.toString();
  });
  let killing: NodeJS.Timeout | undefined;
  const ended = outcome(child).then(async (result) => {
    clearTimeout(killing);
    killGroup(pid, 'SIGKILL');
    await Promise.all([outputEnd(output), sandboxed ? outputEnd(readable(child.stdio[3])) : undefined]);
    group.ended();
    const made = !sandboxed || killing !== undefined || report.includes('"exit-code"');
    // The program itself may be one that prints such lines.
    if (made && first) for (const held of said) onLine(mask.hide(held));
    return { ...result, made, said };
  });
  return {
    ended,
    stop: () => {
      if (killing !== undefined || pid === undefined) return;
      if (!sandboxed) return stopping.abort(new Error('the step is stopped'));
      const told = toTell(pid).filter(notices);
      for (const inside of told) kill(inside, 'SIGTERM');
      killing = setTimeout(() => kill(pid, 'SIGKILL'), told.length === 0 ? 0 : (wanted.patience ?? patience.term));
    },
  };
}

function giveArguments(child: ChildProcess, words: readonly string[]): void {
  const input = child.stdio[4];
  if (!(input instanceof Writable)) throw new Error('the input of a child process is not a pipe');
  // bwrap may end without reading it.
  input.on('error', () => undefined);
  input.end(terminated(words));
}

/** Why no process can have these arguments and variables. A zero byte ends a word: what follows it would be options of bwrap. */
export const whyNoProcess = (args: readonly string[], env: Environment): string | undefined =>
  [...args, ...Object.entries(env).flat()].some((word) => word.includes('\0'))
    ? 'one of its variables, paths or arguments has a zero byte'
    : undefined;

/** What bwrap reads from the file descriptor of `--args`: the variables of the program, and no others. */
export const variableArguments = (env: Environment): string => terminated(variableOptions(env));

const variableOptions = (env: Environment): readonly string[] => [
  '--clearenv',
  ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
];

function terminated(words: readonly string[]): string {
  if (words.some((word) => word.includes('\0'))) throw new Error('a word for bwrap has a zero byte');
  return words.map((word) => `${word}\0`).join('');
}

function outcome(child: ChildProcess): Promise<{ exitCode: number; failure?: string }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitCode: 1, failure: error.message }));
    child.once('exit', (code, signal) => resolve({ exitCode: code ?? 128 + (signal === 'SIGTERM' ? 15 : 9) }));
  });
}

/** An output of a child that was asked for as a pipe. */
function readable(stream: unknown): Readable {
  if (stream instanceof Readable) return stream;
  throw new Error('the output of a child process is not a pipe');
}

/** A process that has left the group of a step may hold its output open for ever. */
async function outputEnd(stream: Readable): Promise<void> {
  const timer = setTimeout(() => stream.destroy(), patience.output);
  if (!stream.closed) await new Promise<void>((done) => stream.once('close', done));
  clearTimeout(timer);
}

/**
 * Who gets SIGTERM in a sandbox, as in a pod: the first process of a container; for a step, whose first process is bwrap's and in a pod
 * Tekton's, all that the step has started.
 */
function toTell(bwrap: number): readonly number[] {
  const first = childrenOf(bwrap);
  const inits = first.filter((pid) => commandOf(pid) === 'bwrap');
  return inits.length === 0 ? first : inits.flatMap(descendantsOf);
}

const descendantsOf = (pid: number): readonly number[] =>
  childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);

/** The first process of a namespace gets only signals that it handles: one that does not would be waited for in vain. */
function notices(pid: number): boolean {
  const status = readProcess(pid, 'status');
  const isFirst = /^NSpid:.*\t1$/mu.test(status);
  const [, caught = '0'] = /^SigCgt:\t([0-9a-f]+)$/mu.exec(status) ?? [];
  return !isFirst || (BigInt(`0x${caught}`) & (1n << 14n)) !== 0n;
}

const commandOf = (pid: number): string => readProcess(pid, 'comm').trim();

function readProcess(pid: number, file: 'comm' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid !== undefined) kill(-pid, signal);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}
