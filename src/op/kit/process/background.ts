import type { Context } from '../../context.js';

/** Something that runs in the background; the end of its `await using` stops it and waits until it has ended. */
export interface Background extends AsyncDisposable {
  /** For the work in the foreground: aborted with the error of the background task when that fails. */
  readonly context: Context;
}

/**
 * Starts a task in the background. When it fails, the work that was given `context` is aborted with its error.
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
      over.abort(new Error('the work in the foreground has ended'));
      await running;
    },
  };
}
