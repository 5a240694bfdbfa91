import type { Log } from '../../../kit/log/log.js';
import type { Judgement } from '../judge/judge-snapshot.js';
import { shortDigests } from '../judge/match-image.js';

/** Milliseconds after which a terminal shows the same progress again. */
export const heartbeat = 30_000;

/** Milliseconds between two reports: of something new, and of the same. */
interface Pace {
  readonly changed: number;
  readonly same: number;
}

const onTerminal: Pace = { changed: 1000, same: heartbeat };
const inLog: Pace = { changed: 10_000, same: 30_000 };
const slowest: Pace = { changed: 60_000, same: 300_000 };

/** Reports what a watch waits for: once a second on a terminal, which rewrites it; in a log less and less often. */
export interface ProgressReporter {
  /** Returns the milliseconds until there may be something to report. */
  readonly report: (judgement: Pick<Judgement, 'why' | 'problems'>, now: number) => number;
}

/** Starts with nothing reported. In a log, what is over within ten seconds is not reported. */
export function createProgressReporter(log: Pick<Log, 'progress' | 'live'>): ProgressReporter {
  let pace = log.live ? onTerminal : inLog;
  let last: { readonly text: string; readonly at: number } | undefined;
  return {
    report: ({ why, problems: [problem] }, now) => {
      last ??= { text: '', at: log.live ? 0 : now };
      const text = shortened(`${why}${problem === undefined ? '' : `; ${problem.why}`}`);
      const left = last.at + (text === last.text ? pace.same : pace.changed) - now;
      if (left > 0) return left;
      last = { text, at: now };
      log.progress(text);
      if (log.live) return heartbeat;
      pace = { changed: Math.min(2 * pace.changed, slowest.changed), same: Math.min(2 * pace.same, slowest.same) };
      return pace.same;
    },
  };
}

/** Characters that a screen shows beside the time and the name of the step. */
const width = 110;
const tail = 75;

/** The causes are in order, each the reason for the one before: when there is not enough room, the last is what matters. */
function shortened(causes: string): string {
  const parts = shortDigests(causes).split('; ');
  const textOf = (from: number) => `waiting for ${parts.slice(from).join('; ')}`;
  const fits = parts.findIndex((_, index) => textOf(index).length <= width);
  if (fits >= 0) return textOf(fits);
  // What must be, and what is: the end says more.
  const text = textOf(parts.length - 1);
  return `${text.slice(0, width - tail - 1)}…${text.slice(-tail)}`;
}
