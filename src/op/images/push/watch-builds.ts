import type { Context } from '../../context.js';
import { type Output, startReport } from '../../kit/log/output.js';

/** Builds that run at the same time; the end of its `using` ends the reports. */
export interface Builds extends Disposable {
  /** @param stopped aborted when another build failed */
  readonly start: (name: string, stopped: AbortSignal) => Build;
}

/** The output of a build. It is shown when the build fails, or is cut short by a deadline; not when another one failed. */
export interface Build extends Output {
  readonly succeeded: () => void;
}

/** Keeps back what builds print, and reports now and then which are running. @param total how many there will be */
export function watchBuilds(context: Context, total: number): Builds {
  const running = new Set<string>();
  let done = 0;
  const report = startReport(context, () => `${done} of ${total} builds done, now ${[...running].join(', ')}`);
  return {
    start(name, stopped) {
      const details = context.log.details();
      let isDone = false;
      running.add(name);
      return {
        line: (line) => {
          report.last(`[${name}] ${line}`);
          details.add(`[${name}] ${line}`);
        },
        succeeded: () => {
          isDone = true;
          done += 1;
        },
        [Symbol.dispose]: () => {
          running.delete(name);
          if (isDone || (stopped.aborted && !context.signal.aborted)) details.forget();
        },
      };
    },
    [Symbol.dispose]: () => report[Symbol.dispose](),
  };
}
