/** Runs one task again and again: soon after a change, or after some time without one. */
export interface Scheduler {
  /** Runs the task at once. */
  readonly runNow: () => void;
  /** Something has changed: runs the task after a short pause, once for all changes in it. */
  readonly changed: () => void;
  /** Runs the task after some milliseconds, unless it is set to another time or something changes. */
  readonly wakeAfter: (milliseconds: number) => void;
  /** Like `wakeAfter`, but keeps an earlier time that is already set. */
  readonly wakeWithin: (milliseconds: number) => void;
}

/** Milliseconds in which a burst of events becomes one run. */
const pause = 20;

/**
 * Makes a scheduler that ends with the signal.
 * @param onFailure gets what `task` throws
 */
export function createScheduler(signal: AbortSignal, task: () => void, onFailure: (error: unknown) => void): Scheduler {
  const pending: { run?: NodeJS.Timeout | undefined; wake?: { timer: NodeJS.Timeout; at: number } | undefined } = {};
  const clearWake = () => {
    clearTimeout(pending.wake?.timer);
    pending.wake = undefined;
  };
  const runNow = () => {
    try {
      task();
    } catch (error) {
      onFailure(error);
    }
  };
  const run = () => {
    pending.run = undefined;
    runNow();
  };
  const changed = () => {
    if (pending.run === undefined && !signal.aborted) pending.run = setTimeout(run, pause);
  };
  const wakeAfter = (milliseconds: number) => {
    clearWake();
    if (signal.aborted) return;
    const wake = () => {
      pending.wake = undefined;
      changed();
    };
    pending.wake = { timer: setTimeout(wake, milliseconds), at: performance.now() + milliseconds };
  };
  const stop = () => {
    clearTimeout(pending.run);
    clearWake();
  };
  signal.addEventListener('abort', stop, { once: true });
  return {
    runNow,
    changed,
    wakeAfter,
    wakeWithin: (milliseconds) => {
      if (pending.wake === undefined || pending.wake.at > performance.now() + milliseconds) wakeAfter(milliseconds);
    },
  };
}
