import { appendFile, mkdir } from 'node:fs/promises';
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
 */
export function openOutput(path: string, show: (line: LogLine) => void): Output {
  let waiting = new Map<string, string[]>();
  let writing: Promise<void> | undefined;
  let failure: unknown;
  const write = async () => {
    while (waiting.size > 0) {
      const batch = waiting;
      waiting = new Map();
      for (const [file, texts] of batch) {
        await mkdir(dirname(file), { recursive: true });
        await appendFile(file, texts.join(''), { mode: 0o600 });
      }
    }
  };
  const append = (file: string, text: string) => {
    const texts = waiting.get(file) ?? [];
    texts.push(text);
    waiting.set(file, texts);
    writing ??= write()
      .catch((error: unknown) => {
        failure ??= error;
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
