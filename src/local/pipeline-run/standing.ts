import { type SkippingReason, skipping } from './objects.js';
import {
  hasFailed,
  hasSucceeded,
  ignoresFailure,
  type TaskState,
  wasCancelled,
  wasCancelledForTimeout,
} from './task-state.js';

/** How a task counts in the condition of its run; `late` is skipped because the time was up. */
export type Standing = 'succeeded' | 'failed' | 'ignored' | 'cancelled' | 'invalid' | 'skipped' | 'late' | 'incomplete';

export type Counts = Readonly<Record<Standing, number>>;

const late: readonly SkippingReason[] = [skipping.pipelineTimeout, skipping.tasksTimeout, skipping.finallyTimeout];

/** @param reason why it is skipped */
export function standingOf(state: TaskState, reason: SkippingReason | undefined): Standing {
  if (hasSucceeded(state)) return 'succeeded';
  if (wasCancelledForTimeout(state)) return 'failed';
  if (wasCancelled(state)) return 'cancelled';
  if (hasFailed(state)) return ignoresFailure(state) ? 'ignored' : 'failed';
  if (state.invalid !== undefined) return 'invalid';
  if (reason === undefined) return 'incomplete';
  return late.includes(reason) ? 'late' : 'skipped';
}

/** @param tasks how many there are: none has a standing yet */
export const countsOf = (tasks: number): Record<Standing, number> => ({
  ...{ succeeded: 0, failed: 0, ignored: 0, cancelled: 0 },
  ...{ invalid: 0, skipped: 0, late: 0, incomplete: tasks },
});
