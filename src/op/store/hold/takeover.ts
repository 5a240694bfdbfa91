import type { RunState } from './holder.js';
import { ageText, type LockState } from './lock.js';

/** What is known about a lock that another holder has. */
export interface Observation {
  readonly now: Date;
  /** Whether `now` and `renewed` are of the same clock. */
  readonly sharedClock: boolean;
  /** For how many milliseconds this command has seen it unchanged. */
  readonly unchanged: number;
  readonly run: RunState;
}

/** Whether the lock may be taken over, and by which rule; else the milliseconds after which to look again if nothing changes. */
export type Verdict =
  | { readonly take: true; readonly rule: string }
  | { readonly take: false; readonly lookAgain: number };

/** The clock of a holder that is not op may be off by this many milliseconds, though it should be the same. */
const clockSkew = 10_000;
/** The clocks of two machines can be off by hours, such as one that takes the local time for UTC. */
const anySkew = 24 * 3_600_000;

/**
 * A lock passes to another holder without being released when the run of its holder has ended, when it was not renewed for its whole
 * duration while this command watched, whatever the clocks say, or when it has expired by the times written in it. Without a clock that
 * all share, the times only tell that it expired a day ago: a command that never waits for long must not be blocked for ever.
 */
export function judgeTakeover(
  { renewed, seconds }: Pick<LockState, 'renewed' | 'seconds'>,
  { now, sharedClock, unchanged, run }: Observation,
): Verdict {
  const duration = seconds * 1000;
  if (run.is === 'over') return { take: true, rule: run.why };
  const lasts = `and lasts ${ageText(duration)}`;
  const age = now.getTime() - (renewed?.getTime() ?? 0);
  const skew = sharedClock ? clockSkew : anySkew;
  if (age > duration + skew) return { take: true, rule: `it was last renewed ${ageText(age)} ago ${lasts}` };
  if (unchanged >= duration) {
    return { take: true, rule: `it was not renewed while it was watched for ${ageText(unchanged)}, ${lasts}` };
  }
  return { take: false, lookAgain: Math.max(0, Math.min(duration - unchanged, duration + skew - age + 1)) };
}
