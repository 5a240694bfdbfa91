import { appendFile, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LogLine } from '../contract.js';

/** Where the lines of a run go: what the user sees, one file for the run, and one for each step. */
export interface Output extends AsyncDisposable {
  readonly line: (taskRunDirectory: string, line: LogLine) => void;
}

/** The file of a step's output. */
const stepLog = (taskRunDirectory: string, step: string): string =>
  join(taskRunDirectory, 'logs', `${step.replaceAll('/', '_')}.log`);

/** The line that `tkn pr logs` prints. */
const prefixed = ({ task, step, text }: LogLine): string => `[${task} : ${step}] ${text}`;

/**
 * No file stays open: a run may have thousands. Lines that come while a write is under way are written together.
 * @param show prints a line for the user
 * @param failed a line could not be written, and no later one will be
 */
export function openOutput(
  path: string,
  show: (line: LogLine) => void,
  failed: (error: unknown) => void = () => undefined,
): Output {
  let waiting = new Map<string, string[]>();
  let writing: Promise<void> | undefined;
  let failure: unknown;
  const write = async () => {
    while (waiting.size > 0) {
      const batch = waiting;
      waiting = new Map();
      for (const [file, texts] of batch) {
        await mkdir(dirname(file), { recursive: true });
        await appendFile(file, texts.join(''), { mode: 0o600 }).catch(async (error: unknown) => {
          await endAtLine(file).catch(() => undefined);
          throw error;
        });
      }
    }
  };
  const append = (file: string, text: string) => {
    if (failure !== undefined) return;
    const texts = waiting.get(file) ?? [];
    texts.push(text);
    waiting.set(file, texts);
    writing ??= write()
      .catch((error: unknown) => {
        failure ??= error;
        failed(error);
      })
      .finally(() => {
        writing = undefined;
      });
  };
  return {
    line: (taskRunDirectory, line) => {
      show(line);
      append(path, `${prefixed(line)}\n`);
      append(stepLog(taskRunDirectory, line.step), `${line.text}\n`);
    },
    [Symbol.asyncDispose]: async () => {
      while (writing !== undefined) await writing;
      if (failure !== undefined) throw failure;
    },
  };
}

/** More than any line has, see split-output.ts. */
const tail = 2 ** 21;

/** Takes away what a full disk has left of a last line. */
async function endAtLine(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  const start = Math.max(0, size - tail);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - start), position: start });
  await file.truncate(start + buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1);
}
