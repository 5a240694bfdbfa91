import { goDuration } from '../task-run/go-time.js';
import type { Facts, Moment } from './facts.js';
import { skipping } from './objects.js';
import { hasFailed, hasSucceeded, ignoresFailure, wasCancelled, wasCancelledForTimeout } from './task-state.js';

/** A condition without its time. */
export interface Outcome {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface Limits {
  readonly pipeline: number;
  readonly tasks: number | undefined;
}

function count({ tasks }: Moment, facts: Facts) {
  const counts = { succeeded: 0, failed: 0, ignored: 0, cancelled: 0, skipped: 0, late: 0, incomplete: 0, invalid: 0 };
  const late: readonly (string | undefined)[] = [
    skipping.pipelineTimeout,
    skipping.tasksTimeout,
    skipping.finallyTimeout,
  ];
  for (const state of tasks) {
    const reason = facts.skip(state) ?? facts.finallySkip(state);
    if (hasSucceeded(state)) counts.succeeded++;
    else if (wasCancelledForTimeout(state)) counts.failed++;
    else if (wasCancelled(state)) counts.cancelled++;
    else if (hasFailed(state)) counts[ignoresFailure(state) ? 'ignored' : 'failed']++;
    else if (state.invalid !== undefined) counts.invalid++;
    else if (reason === undefined) counts.incomplete++;
    else {
      counts.skipped++;
      if (late.includes(reason)) counts.late++;
    }
  }
  return counts;
}

/**
 * The condition of a PipelineRun, in Tekton's words.
 * Source: GetPipelineConditionStatus of pipelinerunstate.go, and cancelPipelineRun of cancel.go.
 */
export function conditionOf(name: string, moment: Moment, facts: Facts, limits: Limits): Outcome {
  const failed = (reason: string, message: string): Outcome => ({ status: 'False', reason, message });
  if (moment.end === 'Cancelled') return failed('Cancelled', `PipelineRun "${name}" was cancelled`);
  if (moment.pipelineTimedOut) {
    return failed(
      'PipelineRunTimeout',
      `PipelineRun "${name}" failed to finish within "${goDuration(limits.pipeline)}"`,
    );
  }
  const hasFinally = moment.tasks.some(({ final }) => final);
  const waits = moment.tasksTimedOut && hasFinally && !facts.finallyDone();
  if (moment.tasksTimedOut && !waits) {
    const within = goDuration(limits.tasks ?? 0);
    return failed(
      'PipelineRunTimeout',
      `PipelineRun "${name}" failed due to tasks failed to finish within "${within}"`,
    );
  }
  const counts = count(moment, facts);
  const completed = counts.succeeded + counts.failed + counts.cancelled + counts.ignored;
  if (counts.incomplete > 0) return running(moment, facts, counts, completed, waits);
  const ignored = counts.ignored > 0 ? ` (Ignored: ${counts.ignored})` : '';
  const all = `Tasks Completed: ${completed} (Failed: ${counts.failed + counts.ignored}${ignored}, Cancelled ${counts.cancelled}), Skipped: ${counts.skipped}`;
  if (counts.invalid > 0) {
    const why = moment.tasks.flatMap(({ invalid }) => invalid ?? []).join('; ');
    return failed('PipelineValidationFailed', `${all}, Failed Validation: ${counts.invalid} (${why.slice(0, 1024)})`);
  }
  if (counts.failed > 0 || counts.late > 0) return failed('Failed', all);
  if (moment.end !== undefined) return failed('Cancelled', `PipelineRun "${name}" was cancelled`);
  if (counts.cancelled > 0) return failed('Cancelled', all);
  return { status: 'True', reason: counts.skipped > 0 ? 'Completed' : 'Succeeded', message: all };
}

function running(
  { end }: Moment,
  facts: Facts,
  counts: ReturnType<typeof count>,
  completed: number,
  waits: boolean,
): Outcome {
  const stops = counts.cancelled > 0 || (counts.failed > 0 && facts.finallyDone());
  const reason = waits
    ? 'PipelineRunTimeoutRunningFinally'
    : end === 'CancelledRunFinally'
      ? 'CancelledRunningFinally'
      : end === 'StoppedRunFinally'
        ? 'StoppedRunningFinally'
        : stops
          ? 'PipelineRunStopping'
          : 'Running';
  const { failed, cancelled, incomplete, skipped } = counts;
  const message = `Tasks Completed: ${completed} (Failed: ${failed}, Cancelled ${cancelled}), Incomplete: ${incomplete}, Skipped: ${skipped}`;
  return { status: 'Unknown', reason, message };
}
