import type { Context } from '../../context.js';
import { secondsBetween } from './format.js';

/** Reports while many images are worked on; the end of its `using` stops that. */
export interface ProgressLog extends Disposable {
  /** Counts an image as done. */
  readonly done: () => void;
}

/** Milliseconds between two lines. */
const interval = 10_000;

/** Starts reporting how many images are done. @param doing such as "copying" */
export function startProgress({ log, now }: Context, doing: string, total: number): ProgressLog {
  const started = now();
  let count = 0;
  const timer = setInterval(() => {
    const took = Math.round(secondsBetween(started, now()));
    log.progress(`${doing}: ${count} of ${total} images done (${took} s)`);
  }, interval);
  return {
    done: () => {
      count += 1;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
