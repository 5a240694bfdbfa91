import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../../context.js';
import { toolError } from '../../../kit/errors/op-error.js';
import { mustRun, run } from '../../../kit/process/run.js';
import { sleep } from '../../../kit/process/sleep.js';
import { readUntrusted } from '../files/untrusted-files.js';

/** How long to wait for the builder's container, in milliseconds. */
const timeouts = { start: 30_000, answer: 10_000, output: 1000 } as const;

/** The agent in the builder's container, which runs detect and build for op. */
export interface BuilderAgent {
  /** The directory that op and the agent share. */
  readonly directory: string;
  /**
   * The agent returns this key when it has ended everything. Without it, another process there could forge the answer and keep running
   * while op exports the layers with credentials. op sends the key with the first request to run something, when nothing else is running.
   */
  key: string | undefined;
}

/**
 * Waits for the agent in the builder's container to start, and returns whether it did.
 * The agent's script is tasks/steps/builder-agent.ts.
 */
export async function waitForAgent(context: Context, directory: string): Promise<boolean> {
  const about = join(directory, 'about');
  return until(context, timeouts.start, async () => (await lstat(about).catch(() => undefined))?.isDirectory());
}

/**
 * Runs a program in the builder's container, and returns its exit code.
 * @throws OpError (tool) if the container has ended
 */
export async function runInContainer(
  context: Context,
  agent: BuilderAgent,
  argv: readonly string[],
  onLine: (line: string) => void,
): Promise<number> {
  const { directory } = agent;
  const { name, path } = await makeRequest(directory);
  const output = join(path, 'output');
  await mustRun(context, { program: 'mkfifo', args: [output] }, { what: 'cannot make a pipe', hint: 'run op doctor' });
  await writeFile(join(path, 'argv'), argv.map((word) => `${word}\n`).join(''));
  const enough = new AbortController();
  const reader = { ...context, signal: AbortSignal.any([context.signal, enough.signal]) };
  let closed = false;
  const reading = run(reader, { program: 'cat', args: [output], keepOutput: false, onLine })
    .catch((error: unknown) => {
      if (!enough.signal.aborted) throw error;
    })
    .finally(() => {
      closed = true;
    });
  try {
    await send(directory, agent.key === undefined ? `${name} ${newKey(agent)}` : name);
    const exitCode = await ended(context, directory, path, () => closed);
    // The output ends with the program, or later: processes that it started may keep it open.
    await until(context, timeouts.output, async () => closed);
    return exitCode;
  } finally {
    enough.abort();
    await reading;
  }
}

/** Ends everything that still runs in the builder's container. @throws OpError (tool) if the agent does not confirm it */
export async function stopAll(context: Context, agent: BuilderAgent): Promise<void> {
  const { name, path } = await makeRequest(agent.directory);
  await send(agent.directory, name);
  const answer = async () => (await readUntrusted(join(path, 'status')))?.trim();
  if (!(await until(context, timeouts.answer, async () => (await answer()) !== undefined))) throw gone();
  if ((await answer()) !== (agent.key ?? '')) throw forged();
  agent.key = undefined;
}

/** Ends the agent, and its container with it; does nothing if it has ended already. */
export async function dismissAgent(directory: string): Promise<void> {
  await send(directory, '').catch(() => undefined);
}

function newKey(agent: BuilderAgent): string {
  agent.key = randomBytes(16).toString('hex');
  return agent.key;
}

async function makeRequest(directory: string): Promise<{ readonly name: string; readonly path: string }> {
  const name = `request-${randomBytes(6).toString('hex')}`;
  const path = join(directory, name);
  await mkdir(path);
  return { name, path };
}

async function send(directory: string, request: string): Promise<void> {
  const pipe = await openPipe(directory);
  if (pipe === undefined) throw gone();
  try {
    await pipe.write(`${request}\n`);
  } catch {
    // EPIPE: the agent ended after op had opened the pipe. EAGAIN: it reads no more, and the pipe is full.
    throw gone();
  } finally {
    await pipe.close();
  }
}

/** Does not block: the agent keeps its pipe open as long as it runs, and without a reader the pipe cannot be opened. */
async function openPipe(directory: string): Promise<FileHandle | undefined> {
  const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  const pipe = await open(join(directory, 'requests'), flags).catch(() => undefined);
  if (pipe === undefined || (await pipe.stat()).isFIFO()) return pipe;
  await pipe.close();
  return undefined;
}

async function ended(context: Context, directory: string, request: string, closed: () => boolean): Promise<number> {
  let end = Number.POSITIVE_INFINITY;
  for (;;) {
    const pipe = await openPipe(directory);
    await pipe?.close();
    const status = await statusOf(request);
    if (status !== undefined) return status;
    if (pipe === undefined || performance.now() > end) throw gone();
    // The output has ended, so the program has too, and its status follows soon.
    if (closed()) end = Math.min(end, performance.now() + timeouts.answer);
    await sleep(context, closed() ? 10 : 50);
  }
}

async function statusOf(request: string): Promise<number | undefined> {
  const text = await readUntrusted(join(request, 'status'));
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

async function until(context: Context, within: number, isSo: () => Promise<boolean | undefined>): Promise<boolean> {
  const end = performance.now() + within;
  for (;;) {
    if (await isSo()) return true;
    if (performance.now() > end) return false;
    await sleep(context, 20);
  }
}

const gone = () =>
  toolError({
    what: 'the container of the builder has ended',
    why: 'the builder agent in it does not answer: it ended, or was killed because it used too much memory',
    hint: 'check the container builder of this pod with kubectl describe pod, and give it more memory if it was OOMKilled',
  });

const forged = () =>
  toolError({
    what: 'the container of the builder cannot be trusted any more',
    why: 'something in it answered instead of the builder agent, so processes of the build may still be running',
    hint: 'check what the buildpacks of this builder, and the build of the application, do to /builder',
  });
