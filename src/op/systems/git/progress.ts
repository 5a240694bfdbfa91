import type { Context } from '../../context.js';

/** Milliseconds between two lines of progress. */
const interval = 5000;

/** Passes on git's own progress now and then, and says that it still waits when there is none. */
export function createProgress({ log, now }: Context, doing: string) {
  const start = now().getTime();
  let last = 'waiting';
  const timer = setInterval(() => {
    log.progress(`${doing}: ${last} (${Math.round((now().getTime() - start) / 1000)} s)`);
  }, interval);
  return {
    onLine: (line: string) => {
      const found =
        /^(?:remote: )?((?:Receiving|Counting|Compressing|Resolving|Updating|Unpacking) [a-z]+: +\d+%)/u.exec(line);
      last = found?.[1] ?? last;
    },
    stop: () => clearInterval(timer),
  };
}
