import { spawn } from 'node:child_process';
import type { Context } from '../../op/context.js';
import { toolError } from '../../op/kit/errors/op-error.js';
import type { Enter } from '../contract.js';

/** Whether a person is there: a shell needs someone who types, and sees what it prints. */
export const hasTerminal = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true;

/** The shell for a person: bash where the step has it. Files of this machine do not change its prompt. */
export const personsShell = ['sh', '-c', 'command -v bash >/dev/null && exec bash --norc; exec sh'];

/** What a shell for a person gets besides the variables of the step. @param place what its prompt says */
export const promptOf = ({ env: { TERM } }: Pick<Context, 'env'>, place: string): Readonly<Record<string, string>> => ({
  PS1: `[${place}] $ `,
  ...(TERM === undefined ? {} : { TERM }),
});

/**
 * Runs a program in a step, with op's own terminal, until it ends.
 * @param place for messages
 * @param signal ends it
 * @returns its exit code; 128 and more for a signal
 */
export async function openInStep(
  { signal: stopped }: Pick<Context, 'signal'>,
  place: string,
  { program, args, env, cwd }: Awaited<ReturnType<Enter>>,
  signal: AbortSignal = stopped,
): Promise<number> {
  // A shell in a PID namespace cannot give the terminal back when it ends: Ctrl-C would not reach op any more. This one does.
  const takesBack = ['-m', '-c', '"$0" "$@"; exit $?', program, ...args];
  const child = spawn('/bin/sh', takesBack, { cwd, env, stdio: 'inherit' });
  // A shell takes no notice of SIGTERM. The sandbox dies with its parent.
  const end = () => void child.kill('SIGKILL');
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('exit', (code) => resolve(code ?? 128));
      child.once('error', (cause) =>
        reject(
          toolError({ what: `cannot open a shell in ${place}`, why: cause.message, hint: 'run op doctor', cause }),
        ),
      );
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
}
