import type { Context } from '../../context.js';

/** Wakes a waiter. If it rings while nothing is waiting, the next wait ends at once. */
export interface Bell {
  readonly ring: () => void;
  /** Waits until it rings, for at most `milliseconds`. @throws the signal's reason */
  readonly wait: (context: Context, milliseconds: number) => Promise<void>;
}

export function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: async ({ signal }, milliseconds) => {
      signal.throwIfAborted();
      if (!rung) {
        await new Promise<void>((done) => {
          const finish = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', finish);
            wake = undefined;
            done();
          };
          const timer = setTimeout(finish, milliseconds);
          signal.addEventListener('abort', finish, { once: true });
          wake = finish;
        });
      }
      rung = false;
      signal.throwIfAborted();
    },
  };
}
