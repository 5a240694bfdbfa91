import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { sleep } from '../../kit/process/sleep.js';
import { answers } from './answer.js';
import type { Places } from './places.js';
import { identityOf, isSame } from './process-identity.js';
import { argumentsOf, configuration, type RegistryProgram, type RegistryTask } from './registry-program.js';

const state = v.object({
  pid: v.number(),
  identity: v.string(),
  program: v.string(),
  listen: v.string(),
  port: v.number(),
  data: v.string(),
  /** SHA-256 of the certificate; null without TLS. */
  tls: v.nullable(v.string()),
  since: v.string(),
});
/** What op wrote down about a registry that it started as a process. */
export type ProcessState = v.InferOutput<typeof state>;

/** A registry that op started as a process. `alive`: it is still that process. */
export interface FoundProcess {
  readonly state: ProcessState;
  readonly alive: boolean;
}

/** Reads what was written down; undefined when nothing was, or what is there is of no use. */
export async function findProcess(context: Context, places: Places): Promise<FoundProcess | undefined> {
  const text = await readFile(places.state, 'utf8').catch(() => '');
  const read = v.safeParse(state, parse(text));
  return read.success ? { state: read.output, alive: await isSame(context, read.output) } : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a process registry is started with. */
export interface ProcessTask extends RegistryTask {
  readonly fingerprint: string | undefined;
  /** The authority's certificate, PEM. */
  readonly ca: string | undefined;
}

/**
 * Starts a registry that goes on when op has ended, and waits until it answers. One that does not is ended.
 * @throws OpError (tool) with the last lines of its log when it ends
 */
export async function startProcess(
  context: Context,
  places: Places,
  program: RegistryProgram,
  task: ProcessTask,
): Promise<ProcessState> {
  const { listen, port, data, fingerprint } = task;
  await mkdir(places.root, { recursive: true, mode: 0o700 });
  await mkdir(data, { recursive: true });
  await writeAtomic(places.config, configuration(places, task, randomBytes(32).toString('hex')), 0o600);
  await rename(places.log, `${places.log}.old`).catch(() => undefined);
  const log = openSync(places.log, 'a', 0o600);
  // REGISTRY_… of the environment would change the configuration.
  const { PATH, HOME, TMPDIR } = context.env;
  const child = spawn(program.path, argumentsOf(program, places, task), {
    cwd: places.root,
    env: { PATH, HOME, TMPDIR },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit').then(
    ([code, signal]) => `it ended with ${signal ?? `exit code ${code}`}`,
    (error: Error) => error.message,
  );
  const { pid } = child;
  let end: string | undefined;
  void ended.then((how) => {
    end = how;
  });
  try {
    const identity = pid === undefined ? undefined : await identityOf(context, pid);
    if (pid !== undefined && identity !== undefined) {
      const tls = fingerprint ?? null;
      const found: ProcessState = {
        pid,
        identity,
        program: program.path,
        listen,
        port,
        data,
        tls,
        since: context.now().toISOString(),
      };
      await writeAtomic(places.state, `${JSON.stringify(found)}\n`, 0o600);
      while (end === undefined) {
        // Somebody else may answer there while it ends because of that.
        if (await answers(task)) {
          await sleep(context, 20);
          if (end === undefined) {
            child.unref();
            return found;
          }
        } else await sleep(context, 25);
      }
    }
    throw toolError({
      what: `${program.name} did not start`,
      why: `${await ended}:\n${(await lastLines(places)) || 'it printed nothing'}`,
      hint: `correct what it says, or choose another port with --port`,
    });
  } catch (error) {
    if (end === undefined) child.kill('SIGKILL');
    await ended;
    await rm(places.state, { force: true });
    throw error;
  }
}

/** The end of the log of a registry. */
export async function lastLines({ log }: Pick<Places, 'log'>, count = 6): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** How long a registry has to end by itself, in milliseconds. */
const patience = 10_000;

/** Ends exactly that process, and nothing that has its number by now. */
export async function stopProcess(context: Context, places: Places, { state: known }: FoundProcess): Promise<void> {
  for (const [signal, wait] of [
    ['SIGTERM', patience],
    ['SIGKILL', patience],
  ] as const) {
    if (!(await isSame(context, known))) break;
    try {
      process.kill(known.pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
    for (let waited = 0; waited < wait && (await isSame(context, known)); waited += 50) await sleep(context, 50);
  }
  if (await isSame(context, known)) {
    throw toolError({
      what: `cannot end the registry`,
      why: `process ${known.pid} goes on after SIGKILL`,
      hint: 'look at what it waits for: its disk may not answer',
    });
  }
  await rm(places.state, { force: true });
}
