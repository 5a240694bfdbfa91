import { inLine, printable } from '../log/printable.js';
import { Interrupted, OpError } from './op-error.js';
import { redact } from './redact.js';

/** What to print for a failure, and the exit code of the process. */
export interface Report {
  readonly text: string;
  readonly exitCode: number;
}

/** Makes text that may quote a server, a tool or a file safe to print. */
export const clean = (text: string) => redact(printable(text));

const indent = (text: string) => text.trim().split('\n').join('\n       ');

/** Turns anything thrown into the three lines for the user; the stack only with `debug`. */
export function report(error: unknown, debug: boolean): Report {
  const thrown = firstOf(error);
  if (thrown instanceof Interrupted) return { text: `${thrown.message}\n`, exitCode: thrown.exitCode };
  if (thrown instanceof OpError) {
    const lines = [`error: ${inLine(thrown.message)}`, `  why: ${indent(thrown.why)}`, `  do:  ${indent(thrown.hint)}`];
    return { text: clean(`${lines.join('\n')}\n${stack(thrown, debug)}`), exitCode: thrown.exitCode };
  }
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  const lines = ['error: unexpected error: this is a bug in op', `  why: ${indent(why)}`];
  lines.push('  do:  run it again with --debug, and report what it prints');
  return { text: clean(`${lines.join('\n')}\n${stack(thrown, debug)}`), exitCode: 1 };
}

/**
 * When the clean-up of a `using` fails after its block has failed, JavaScript throws a SuppressedError around both: the block's error is
 * what the user needs. Recognized by its fields, because Node 20 has no such class.
 */
function firstOf(thrown: unknown): unknown {
  const wrapped = thrown instanceof Error && 'suppressed' in thrown && 'error' in thrown;
  return wrapped ? firstOf(thrown.suppressed) : thrown;
}

function stack(thrown: unknown, debug: boolean): string {
  if (!debug || !(thrown instanceof Error)) return '';
  const cause = thrown.cause instanceof Error ? `caused by ${thrown.cause.stack ?? thrown.cause.message}\n` : '';
  return `${thrown.stack ?? ''}\n${cause}`;
}
