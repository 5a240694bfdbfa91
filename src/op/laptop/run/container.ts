import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { mustRun, run } from '../../kit/process/run.js';
import type { Engine } from './engine.js';
import { withVariables } from './environment.js';

/** A container that is to run in the foreground. */
export interface Foreground {
  readonly name: string;
  readonly image: string;
  /** What is published and mounted, as flags of `docker create`. */
  readonly flags: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  /** Whether the terminal of op is the container's. */
  readonly tty: boolean;
}

/** How a container ended. */
export interface ContainerEnd {
  readonly ended: 'exited' | 'not started' | 'left running';
  readonly exitCode: number;
  /** What the engine says about it. */
  readonly error: string;
  /** Whether the kernel ended it because it had used all its memory. */
  readonly outOfMemory: boolean;
}

const state = v.looseObject({
  Status: v.string(),
  ExitCode: v.number(),
  Error: v.optional(v.string(), ''),
  OOMKilled: v.optional(v.boolean(), false),
});

/** How long a container has to end by itself, in seconds. */
const patience = 5;

/**
 * Creates a container, shows what it prints, and removes it when it has ended. When op is told to stop, the container is stopped.
 * @throws OpError (tool) when it cannot be created
 * @throws Interrupted
 */
export async function runContainer(
  context: Context,
  { program, init }: Engine,
  container: Foreground,
): Promise<ContainerEnd> {
  const { name, image, flags, variables, tty } = container;
  const created = ['create', `--name=${name}`, ...(init ? ['--init'] : []), ...(tty ? ['--interactive', '--tty'] : [])];
  // What cleans up works also after op was told to stop.
  const after = { ...context, signal: new AbortController().signal };
  const remove = ['rm', '--force', '--volumes', name];
  // A second Ctrl-C leaves without waiting.
  const onExit = () => spawn(program, remove, { env: context.env, detached: true, stdio: 'ignore' }).unref();
  process.once('exit', onExit);
  let keep = false;
  try {
    await withVariables(context, variables, (given) =>
      mustRun(
        context,
        { program, args: [...created, ...given.flags, ...flags, image], env: given.env },
        { what: `${program} cannot create a container of ${image}`, hint: 'correct what it says' },
      ),
    );
    await attach(context, program, name, tty, () => run(after, { program, args: ['stop', '-t', `${patience}`, name] }));
    const end = await look(after, program, name);
    context.signal.throwIfAborted();
    keep = end.ended === 'left running';
    return end;
  } finally {
    if (!keep) await run(after, { program, args: remove });
    process.off('exit', onExit);
  }
}

/** Starts it with the output of op, and its input if it has a terminal; ends when it has ended. */
async function attach(
  { env, cwd, signal }: Context,
  program: string,
  name: string,
  tty: boolean,
  stop: () => Promise<unknown>,
): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(program, ['start', '--attach', ...(tty ? ['--interactive'] : []), name], {
    cwd,
    env,
    stdio: [tty ? 'inherit' : 'ignore', 'inherit', 'inherit'],
  });
  let stopping: Promise<unknown> | undefined;
  const onAbort = () => {
    stopping = stop();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await once(child, 'exit');
  } finally {
    signal.removeEventListener('abort', onAbort);
    await stopping;
  }
}

async function look(context: Context, program: string, name: string): Promise<ContainerEnd> {
  const ended = await mustRun(
    context,
    { program, args: ['inspect', '--format={{json .State}}', name] },
    { what: `${program} does not say how ${name} ended`, hint: `look at it: ${program} ps --all` },
  );
  const read = v.safeParse(state, parse(ended.stdout));
  if (!read.success) {
    throw toolError({
      what: `${program} does not say how ${name} ended`,
      why: 'it printed something that op does not know',
      hint: `look at it: ${program} inspect ${name}`,
    });
  }
  const { Status: status, ExitCode: exitCode, Error: error, OOMKilled: outOfMemory } = read.output;
  const neverStarted = ['created', 'configured', 'initialized'].includes(status);
  const running = ['running', 'paused', 'restarting'].includes(status);
  return { ended: neverStarted ? 'not started' : running ? 'left running' : 'exited', exitCode, error, outOfMemory };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
