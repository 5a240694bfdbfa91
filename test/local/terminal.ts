import { execa } from 'execa';
import type { Op } from '../op/run-op.js';

/**
 * Runs `op local` on a terminal, and types.
 * @param args without white space or quotes: `script` gives them to a shell
 * @returns what the terminal got, with its control characters
 */
export async function opOnTerminal(
  { file }: Op,
  cwd: string,
  args: readonly string[],
  { typed = '', env = {} }: { readonly typed?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly exitCode: number | undefined; readonly stdout: string }> {
  const line = ['node', file, 'local', ...args].join(' ');
  const { stdout, exitCode } = await execa('script', ['-qec', line, '/dev/null'], {
    cwd,
    input: typed,
    env: { TERM: 'xterm', ...env },
    reject: false,
  });
  return { exitCode, stdout };
}
