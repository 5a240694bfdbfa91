import type { Context } from '../../context.js';

/**
 * Does the work while something else goes on beside it. When that fails, the work is aborted with its error; when the work has ended, it
 * is stopped, and nothing of it is left.
 */
export async function beside<T>(
  context: Context,
  other: (context: Context) => Promise<unknown>,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  const failed = new AbortController();
  const over = new AbortController();
  const going = other({ ...context, signal: AbortSignal.any([context.signal, over.signal]) }).catch(
    (error: unknown) => {
      if (!over.signal.aborted) failed.abort(error);
    },
  );
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, failed.signal]) });
  } finally {
    over.abort(new Error('the work beside it has ended'));
    await going;
  }
}
