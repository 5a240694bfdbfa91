import type { RunState } from './holder.js';
import { ageText, type LockState } from './lock.js';

/** What is known about a lock that another holder has. */
export interface Observation {
  /** By the clock that the holders share, like `renewed` when op wrote it. */
  readonly now: Date;
  /** For how many milliseconds this command has seen it unchanged. */
  readonly unchanged: number;
  readonly run: RunState;
}

/** Whether the lock may be taken over, and by which rule; else the milliseconds after which to look again if nothing changes. */
export type Verdict =
  | { readonly take: true; readonly rule: string }
  | { readonly take: false; readonly lookAgain: number };

/** The clock of a holder that is not op may be off by this many milliseconds. */
const clockSkew = 10_000;

/**
 * A lock passes to another holder without being released when the run of its holder has ended, when it has expired by the times written
 * in it, or when it was not renewed for its whole duration while this command watched, whatever the clocks say.
 */
export function judgeTakeover(
  { renewed, seconds }: Pick<LockState, 'renewed' | 'seconds'>,
  { now, unchanged, run }: Observation,
): Verdict {
  const duration = seconds * 1000;
  if (run.is === 'over') return { take: true, rule: run.why };
  const lasts = `and lasts ${ageText(duration)}`;
  const age = now.getTime() - (renewed?.getTime() ?? 0);
  if (age > duration + clockSkew) return { take: true, rule: `it was last renewed ${ageText(age)} ago ${lasts}` };
  if (unchanged >= duration) {
    return { take: true, rule: `it was not renewed while it was watched for ${ageText(unchanged)}, ${lasts}` };
  }
  return { take: false, lookAgain: Math.max(0, Math.min(duration - unchanged, duration + clockSkew - age + 1)) };
}
