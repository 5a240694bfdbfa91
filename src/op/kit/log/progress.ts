import type { Context } from '../../context.js';
import { secondsBetween, bytes as shownBytes } from './format.js';

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

/** Reports while a lot of bytes are read; the end of its `using` stops that. */
export interface ByteProgress extends Disposable {
  readonly add: (bytes: number) => void;
}

/** Starts reporting how many bytes are done. @param doing such as "checking" */
export function startByteProgress({ log, now }: Context, doing: string, total: number): ByteProgress {
  const started = now();
  let count = 0;
  const timer = setInterval(() => {
    const took = Math.round(secondsBetween(started, now()));
    log.progress(`${doing}: ${shownBytes(count)} of ${shownBytes(total)} done (${took} s)`);
  }, interval);
  return {
    add: (bytes) => {
      count += bytes;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
