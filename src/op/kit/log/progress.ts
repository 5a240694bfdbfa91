import type { Context } from '../../context.js';
import { secondsBetween, bytes as shownBytes } from './format.js';

/** Milliseconds until the first report. */
const first = 10_000;
/** Milliseconds between two reports at most. */
const longest = 300_000;

/** The time until the next report: who watches a terminal sees one every ten seconds, and a log gets fewer the longer it takes. */
const nextPause = (pause: number, live: boolean): number => (live ? pause : Math.min(2 * pause, longest));

/** Reports until the end of its `using` what is going on. @param say nothing is reported while it gives undefined */
export function startHeartbeat({ log }: Context, say: () => string | undefined, pause = first): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const wait = (milliseconds: number) => {
    timer = setTimeout(() => {
      const text = say();
      if (text !== undefined) log.progress(text);
      wait(nextPause(milliseconds, log.live));
    }, milliseconds);
    timer.unref();
  };
  wait(pause);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Reports while many images are worked on; the end of its `using` stops that. */
export interface ProgressLog extends Disposable {
  /** Counts an image as done. */
  readonly done: () => void;
}

/** Starts reporting how many images are done. @param doing such as "copying" */
export function startProgress(context: Context, doing: string, total: number): ProgressLog {
  let count = 0;
  const heartbeat = startHeartbeat(
    context,
    timed(context, () => `${doing}: ${count} of ${total} images done`),
  );
  return {
    done: () => {
      count += 1;
    },
    [Symbol.dispose]: () => heartbeat[Symbol.dispose](),
  };
}

/** Reports while a lot of bytes are read; the end of its `using` stops that. */
export interface ByteProgress extends Disposable {
  readonly add: (bytes: number) => void;
}

/** Starts reporting how many bytes are done. @param doing such as "checking" */
export function startByteProgress(context: Context, doing: string, total: number): ByteProgress {
  let count = 0;
  const say = () => `${doing}: ${shownBytes(count)} of ${shownBytes(total)} done`;
  const heartbeat = startHeartbeat(context, timed(context, say));
  return {
    add: (bytes) => {
      count += bytes;
    },
    [Symbol.dispose]: () => heartbeat[Symbol.dispose](),
  };
}

/** Adds how long it has taken so far. */
function timed({ now }: Context, say: () => string): () => string {
  const started = now();
  return () => `${say()} (${Math.round(secondsBetween(started, now()))} s)`;
}
