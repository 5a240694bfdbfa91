import type { Log } from '../../../kit/log/log.js';
import type { Judgement } from '../judge/judge-snapshot.js';
import { shortDigests } from '../judge/match-image.js';

/** Milliseconds after which the same progress is reported again. */
export const heartbeat = 30_000;
/** Milliseconds between two reports at least. */
const breath = 1000;

/** Reports what a watch waits for: at most once a second, and the same text every 30 seconds. */
export interface ProgressReporter {
  /** Returns the milliseconds until there may be something to report. */
  readonly report: (judgement: Pick<Judgement, 'why' | 'problems'>, now: number) => number;
}

/** Starts with nothing reported. */
export function createProgressReporter(log: Pick<Log, 'progress'>): ProgressReporter {
  let last = { text: '', at: 0 };
  return {
    report: ({ why, problems: [problem] }, now) => {
      const text = shortDigests(`waiting for ${why}${problem === undefined ? '' : `; ${problem.why}`}`);
      const left = last.at + (text === last.text ? heartbeat : breath) - now;
      if (left > 0) return left;
      last = { text, at: now };
      log.progress(text);
      return heartbeat;
    },
  };
}
