import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { jsonOf } from '../../kit/json/parse-json.js';
import { mustRun, run } from '../../kit/process/run.js';
import type { ContainerEngine } from '../container-engine.js';
import { prepareEnv } from './container-env.js';

/** A container to run in the foreground. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  /** Published ports and volumes, as flags of `docker create`. */
  readonly flags: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  /** Whether the container gets op's terminal. */
  readonly tty: boolean;
}

/** How a container ended. */
export interface ContainerExit {
  readonly ended: 'exited' | 'not started' | 'left running';
  readonly exitCode: number;
  /** The engine's message when it did not start. */
  readonly error: string;
  /** Whether the kernel killed it for using too much memory. */
  readonly outOfMemory: boolean;
}

const state = v.looseObject({
  Status: v.string(),
  ExitCode: v.number(),
  Error: v.optional(v.string(), ''),
  OOMKilled: v.optional(v.boolean(), false),
});

/** How long a container has to end after SIGTERM, in seconds. */
const grace = 5;

/**
 * Creates a container, shows its output, and removes it when it has ended. When op is told to stop, it stops the container.
 * @throws OpError (tool) when it cannot be created
 * @throws Interrupted
 */
export async function runContainer(
  context: Context,
  { program, init }: ContainerEngine,
  container: ContainerSpec,
): Promise<ContainerExit> {
  const { name, image, flags, variables, tty } = container;
  // Clean-up must also work after op was told to stop.
  const afterwards = { ...context, signal: new AbortController().signal };
  await using removal = removeAtEnd(afterwards, program, name);
  {
    await using given = await prepareEnv(context, variables);
    const terminal = tty ? ['--interactive', '--tty'] : [];
    const args = [
      'create',
      `--name=${name}`,
      ...(init ? ['--init'] : []),
      ...terminal,
      ...given.flags,
      ...flags,
      image,
    ];
    const failing = { what: `${program} cannot create a container of ${image}`, hint: 'fix what it says' };
    await mustRun(context, { program, args, env: given.env }, failing);
  }
  const stop = () => run(afterwards, { program, args: ['stop', '-t', `${grace}`, name] });
  await attach(context, program, name, tty, stop);
  const exit = await inspectExit(afterwards, program, name);
  context.signal.throwIfAborted();
  if (exit.ended === 'left running') removal.cancel();
  return exit;
}

/** Removes the container at the end of its `await using`, and also when op exits without getting there, as at a second Ctrl-C. */
function removeAtEnd(
  context: Context,
  program: string,
  name: string,
): AsyncDisposable & { readonly cancel: () => void } {
  const args = ['rm', '--force', '--volumes', name];
  const onExit = () => spawn(program, args, { env: context.env, detached: true, stdio: 'ignore' }).unref();
  process.once('exit', onExit);
  let cancelled = false;
  return {
    cancel: () => {
      cancelled = true;
    },
    [Symbol.asyncDispose]: async () => {
      if (!cancelled) await run(context, { program, args });
      process.off('exit', onExit);
    },
  };
}

/** Starts the container with op's output, and with op's input if that is a terminal; returns when it has ended. */
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

async function inspectExit(context: Context, program: string, name: string): Promise<ContainerExit> {
  const ended = await mustRun(
    context,
    { program, args: ['inspect', '--format={{json .State}}', name] },
    { what: `cannot find out how ${name} ended`, hint: `check it: ${program} ps --all` },
  );
  const read = v.safeParse(jsonOf(state), ended.stdout);
  if (!read.success) {
    throw toolError({
      what: `cannot find out how ${name} ended`,
      why: `${program} inspect printed an unknown format`,
      hint: `check it: ${program} inspect ${name}`,
    });
  }
  const { Status: status, ExitCode: exitCode, Error: error, OOMKilled: outOfMemory } = read.output;
  const neverStarted = ['created', 'configured', 'initialized'].includes(status);
  const running = ['running', 'paused', 'restarting'].includes(status);
  return { ended: neverStarted ? 'not started' : running ? 'left running' : 'exited', exitCode, error, outOfMemory };
}
