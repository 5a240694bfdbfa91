import type { Context } from '../../context.js';
import { deadlineError, type Explanation } from '../errors/op-error.js';

/** A context that is aborted when its time is over; the end of its `using` stops the clock. */
export interface Deadline extends Disposable {
  readonly context: Context;
}

/**
 * Starts the clock: when the time is over, child processes that were given this context are stopped, and the command ends with the
 * deadline's own error (exit 5), not with whatever was cut off.
 * @example
 * using inTime = startDeadline(context, 60_000, late);
 * await run(inTime.context, command);
 */
export function startDeadline(context: Context, milliseconds: number, explanation: Explanation): Deadline {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(deadlineError(explanation)), milliseconds);
  const signal = AbortSignal.any([context.signal, over.signal]);
  return { context: { ...context, signal }, [Symbol.dispose]: () => clearTimeout(timer) };
}

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
  using deadline = startDeadline(context, milliseconds, explanation);
  return await act(deadline.context);
}
