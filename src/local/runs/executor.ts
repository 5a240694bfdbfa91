import { readFile } from 'node:fs/promises';
import { writeAtomic } from '../../op/kit/files/write-atomic.js';
import { ownerName } from '../../op/kit/process/owner.js';
import { filesOf } from './home.js';

/** The process that executes a run. */
export interface Executor {
  readonly pid: number;
  /** Tells it from another process that got the same PID later; undefined where there is no /proc. */
  readonly name?: string;
}

/** Says in the directory of a run that this process executes it. */
export async function claimRun(directory: string): Promise<void> {
  const name = await ownerName(process.pid);
  const executor: Executor = { pid: process.pid, ...(name === undefined ? {} : { name }) };
  await writeAtomic(filesOf(directory).executor, `${JSON.stringify(executor)}\n`, 0o600);
}

/** The process that executes a run; undefined if it has ended, however it ended. */
export async function executorOf(directory: string): Promise<Executor | undefined> {
  const text = await readFile(filesOf(directory).executor, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const executor: Executor = JSON.parse(text);
  if (executor.name !== undefined) return (await ownerName(executor.pid)) === executor.name ? executor : undefined;
  try {
    process.kill(executor.pid, 0);
    return executor;
  } catch {
    return undefined;
  }
}
