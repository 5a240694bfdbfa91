import type { Context } from '../../context.js';

/** A task that runs in the background. Disposing of it stops the task and waits for it to end. */
export interface Background extends AsyncDisposable {
  /** For the foreground work: aborted with the background task's error if that fails. */
  readonly context: Context;
}

/**
 * Starts a task in the background. If it fails, work that uses the returned `context` is aborted with its error.
 * @example
 * await using watching = startInBackground(context, (inner) => watch(inner));
 * await work(watching.context);
 */
export function startInBackground(context: Context, task: (context: Context) => Promise<unknown>): Background {
  const failed = new AbortController();
  const over = new AbortController();
  const running = task({ ...context, signal: AbortSignal.any([context.signal, over.signal]) }).catch(
    (error: unknown) => {
      if (!over.signal.aborted) failed.abort(error);
    },
  );
  return {
    context: { ...context, signal: AbortSignal.any([context.signal, failed.signal]) },
    [Symbol.asyncDispose]: async () => {
      over.abort(new Error('the foreground work has ended'));
      await running;
    },
  };
}
