import type { Context } from '../../context.js';
import { secondsBetween } from '../../kit/log/seconds.js';

/** What Skaffold's lines say about each image while they come. */
export interface Progress {
  readonly onLine: (line: string) => void;
  /** Images that Skaffold took from its own cache. */
  readonly cached: ReadonlySet<string>;
  /** Seconds that each image took. */
  readonly seconds: ReadonlyMap<string, number>;
  readonly stop: () => void;
}

const silence = 30_000;

/** Shows Skaffold's lines as they come, says what is being built when a builder is silent, and notes how long each image took. */
export function watchLines({ log, now }: Context): Progress {
  const cached = new Set<string>();
  const seconds = new Map<string, number>();
  const started = new Map<string, Date>();
  let heard = now().getTime();
  const since = (date: Date) => secondsBetween(date, now());
  const timer = setInterval(() => {
    if (now().getTime() - heard < silence) return;
    for (const [image, date] of started) log.progress(`still building ${image}: ${Math.round(since(date))} s`);
  }, silence);
  timer.unref();
  return {
    cached,
    seconds,
    stop: () => clearInterval(timer),
    onLine(line) {
      heard = now().getTime();
      log.step(`  ${line}`);
      const found = /^ - (\S+): Found/u.exec(line)?.[1];
      if (found !== undefined) cached.add(found);
      const begun = /^Building \[(.+)\]\.\.\.$/u.exec(line)?.[1];
      if (begun !== undefined) started.set(begun, now());
      const done = /^Build \[(.+)\] succeeded$/u.exec(line)?.[1];
      const date = started.get(done ?? '');
      if (done === undefined || date === undefined) return;
      seconds.set(done, since(date));
      started.delete(done);
    },
  };
}
