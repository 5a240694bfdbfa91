import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';

/**
 * Names a running process so that no other ever has the same name: the machine and PID namespace, its PID, and when it started.
 * @returns undefined where there is no /proc
 */
export async function ownerName(pid: number): Promise<string | undefined> {
  const [namespace, start] = [await namespaceName(), await startTime(`${pid}`)];
  return namespace === undefined || start === undefined ? undefined : `${namespace}-${pid}-${start}`;
}

/** The name of this machine, since it started, and of its PID namespace. */
export async function namespaceName(): Promise<string | undefined> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  const namespace = await readlink('/proc/self/ns/pid').catch(() => undefined);
  if (boot === undefined || namespace === undefined) return undefined;
  return createHash('sha256').update(`${boot} ${namespace}`).digest('hex').slice(0, 12);
}

/**
 * When a process started, in clock ticks since the machine did. A PID may be used again, but not with the same time.
 * Source: proc(5), /proc/PID/stat.
 * @returns undefined for a process that has ended, even if its parent has not noticed
 */
export async function startTime(pid: string): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name, in parentheses, may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 'ZX'.includes(fields[0] ?? '') ? undefined : fields[19];
}
