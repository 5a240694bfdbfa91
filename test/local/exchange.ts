/** Exchanges two entries of a directory all the time, as hostile steps do: between a look at one and its use. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Source: the tables of system calls of Linux, `renameat2`. */
const renameat2 = process.arch === 'arm64' ? 276 : 316;

/** A program of perl that gives each of two paths what the other has, without a moment in which one is not there. */
export const exchanging = (one: string, other: string, seconds: number): string =>
  `my ($one, $other, $end) = ('${one}', '${other}', time + ${seconds});
while (time < $end) { syscall(${renameat2}, -100, $one, -100, $other, 2) for 1 .. 200 }`;

/** Runs it on this machine until it is disposed of. */
export async function exchange(one: string, other: string): Promise<AsyncDisposable> {
  const program = `$| = 1; print "started\\n"; ${exchanging(one, other, 60)}`;
  const child = spawn('perl', ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
