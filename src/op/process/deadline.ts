import type { Context } from '../context.js';
import { deadlineError, type Explanation } from '../errors/op-error.js';

/**
 * Runs `act` with a context that is aborted when the time is over: its child processes are then stopped, and the command ends with
 * the deadline's own error (exit 5), not with whatever was cut off.
 */
export async function withDeadline<T>(
  context: Context,
  milliseconds: number,
  explanation: Explanation,
  act: (context: Context) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(deadlineError(explanation)), milliseconds);
  const signal = AbortSignal.any([context.signal, over.signal]);
  try {
    return await act({ ...context, signal });
  } finally {
    clearTimeout(timer);
  }
}
