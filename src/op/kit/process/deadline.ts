import type { Context } from '../../context.js';
import { deadlineError, type Explanation } from '../errors/op-error.js';

/** A context that is aborted when its time is up. Disposing of it stops the clock. */
export interface Deadline extends Disposable {
  readonly context: Context;
}

/**
 * Starts the clock. When the time is up, child processes that run with this context are stopped, and the command fails with the
 * deadline's own error (exit 5), not with the error of whatever was interrupted.
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
