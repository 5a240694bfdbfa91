import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { mustRun, run } from '../../kit/process/run.js';
import { sleep } from '../../kit/process/sleep.js';
import { readShared } from './read-shared.js';

/** How long the builder's container may take, in milliseconds. */
const patience = { start: 30_000, answer: 10_000, lastWords: 1000 } as const;

/** The companion of one container, for as long as op uses it. */
export interface Companion {
  /** The directory that both see. */
  readonly directory: string;
  /**
   * What the companion says when it has ended everything. What runs there could say it otherwise, and live on while op exports the
   * layers with credentials. op tells it a key with the first request to run something, when nothing else is there to listen.
   */
  key: string | undefined;
}

/**
 * Whether the companion in the builder's container is there; waits for it.
 * What it does is in tasks/steps/companion.ts.
 */
export async function companionIsThere(context: Context, directory: string): Promise<boolean> {
  const about = join(directory, 'about');
  return until(context, patience.start, async () => (await lstat(about).catch(() => undefined))?.isDirectory());
}

/**
 * Has a program run in the builder's container, and gives its exit code.
 * @throws OpError (tool) when the container is gone
 */
export async function runInContainer(
  context: Context,
  companion: Companion,
  argv: readonly string[],
  onLine: (line: string) => void,
): Promise<number> {
  const { directory } = companion;
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
    await send(directory, companion.key === undefined ? `${name} ${newKey(companion)}` : name);
    const exitCode = await ended(context, directory, path, () => closed);
    // The output ends with the program, or later: what the program has started may hold it open.
    await until(context, patience.lastWords, async () => closed);
    return exitCode;
  } finally {
    enough.abort();
    await reading;
  }
}

/** Ends everything that still runs in the builder's container. @throws OpError (tool) when the container does not say that it has */
export async function stopAll(context: Context, companion: Companion): Promise<void> {
  const { name, path } = await makeRequest(companion.directory);
  await send(companion.directory, name);
  const answer = async () => (await readShared(join(path, 'status')))?.trim();
  if (!(await until(context, patience.answer, async () => (await answer()) !== undefined))) throw gone();
  if ((await answer()) !== (companion.key ?? '')) throw forged();
  companion.key = undefined;
}

/** Lets the companion end, and its container with it; one that is gone already is no matter. */
export async function dismiss(directory: string): Promise<void> {
  await send(directory, '').catch(() => undefined);
}

function newKey(companion: Companion): string {
  companion.key = randomBytes(16).toString('hex');
  return companion.key;
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
  } finally {
    await pipe.close();
  }
}

/** Without waiting: as long as the companion lives it holds its pipe open, and else this opens nothing. */
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
    // Without output nothing runs there any more, and the status comes next.
    if (closed()) end = Math.min(end, performance.now() + patience.answer);
    await sleep(context, closed() ? 10 : 50);
  }
}

async function statusOf(request: string): Promise<number | undefined> {
  const text = await readShared(join(request, 'status'));
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
    what: 'the container of the builder is gone',
    why: 'the program in it that op asks for work does not answer: it ended, or was stopped for the memory that it took',
    hint: 'look at the container builder of this pod with kubectl describe pod, and give it more memory if that is what it says',
  });

const forged = () =>
  toolError({
    what: 'the container of the builder cannot be trusted any more',
    why: 'something in it answered in the place of the program that ends what is left running, so some of it may still run',
    hint: 'look at what the buildpacks of this builder, and the build of the application, do to /builder',
  });
