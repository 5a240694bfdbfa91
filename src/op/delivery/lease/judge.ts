import { ageText } from './age.js';
import type { RunState } from './holder.js';
import type { Lease } from './lease.js';

/** What is known of a Lease that somebody else holds. */
export interface Known {
  /** By the clock of the API server, as `renewed` is when op wrote it. */
  readonly now: Date;
  /** Milliseconds that this command has seen it as it is. */
  readonly unchanged: number;
  readonly run: RunState;
}

/** Whether it may be taken over, and by which rule; else when to look again if nothing changes until then. */
export type Verdict =
  | { readonly take: true; readonly rule: string }
  | { readonly take: false; readonly lookAgain: number };

/** The clock of a holder that is not op may be wrong by this much. */
const tolerance = 10_000;

/**
 * The rules by which a Lease passes from one holder to another without being released:
 * the holder's run is over; or by the written times it has expired; or nobody has renewed it while this command watched it for as long as
 * it holds, whatever the clocks say.
 */
export function judge({ renewed, duration }: Lease, { now, unchanged, run }: Known): Verdict {
  if (run.is === 'over') return { take: true, rule: run.why };
  const holds = `and holds for ${ageText(duration)}`;
  const age = now.getTime() - (renewed?.getTime() ?? 0);
  if (age > duration + tolerance) return { take: true, rule: `it was last renewed ${ageText(age)} ago ${holds}` };
  if (unchanged >= duration) {
    return { take: true, rule: `it was not renewed in the ${ageText(unchanged)} that it was watched, ${holds}` };
  }
  return { take: false, lookAgain: Math.max(0, Math.min(duration - unchanged, duration + tolerance - age + 1)) };
}
