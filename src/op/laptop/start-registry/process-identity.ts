import { readFile } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { run } from '../../kit/process/run.js';

/**
 * What tells a process from every other that ever has its number: when it started, and in which run of the machine.
 * Source: proc(5), /proc/PID/stat and /proc/sys/kernel/random/boot_id; `ps` elsewhere.
 * @returns undefined when there is no such process, or it has ended and nobody has asked for its exit code
 */
export async function identityOf(context: Context, pid: number): Promise<string | undefined> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  if (boot === undefined) return fromPs(context, pid);
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  return started === undefined || state === 'Z' || state === 'X' ? undefined : `${boot.trim()} ${started}`;
}

async function fromPs(context: Context, pid: number): Promise<string | undefined> {
  const ended = await run(context, {
    program: 'ps',
    args: ['-o', 'stat=,lstart=', '-p', `${pid}`],
    env: { LC_ALL: 'C' },
  });
  const [, state = '', started] = /^\s*(\S+)\s+(.+?)\s*$/u.exec(ended.stdout) ?? [];
  return ended.ended !== 'ok' || started === undefined || state.startsWith('Z') ? undefined : started;
}

/** A process that was started earlier. */
export interface KnownProcess {
  readonly pid: number;
  readonly identity: string;
}

/** Whether a process is still the same one. */
export const isSame = async (context: Context, { pid, identity }: KnownProcess): Promise<boolean> =>
  (await identityOf(context, pid)) === identity;
