import { goDuration } from '../task-run/go-time.js';
import type { Facts, Situation } from './facts.js';
import type { TaskState } from './task-state.js';

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

/**
 * The condition of a PipelineRun, in Tekton's words.
 * Source: GetPipelineConditionStatus of pipelinerunstate.go, and cancelPipelineRun of cancel.go.
 */
export function conditionOf(
  name: string,
  tasks: readonly TaskState[],
  situation: Situation,
  facts: Facts,
  limits: Limits,
): Outcome {
  const failed = (reason: string, message: string): Outcome => ({ status: 'False', reason, message });
  if (situation.end === 'Cancelled') return failed('Cancelled', `PipelineRun "${name}" was cancelled`);
  if (situation.pipelineTimedOut) {
    return failed(
      'PipelineRunTimeout',
      `PipelineRun "${name}" failed to finish within "${goDuration(limits.pipeline)}"`,
    );
  }
  const waits = situation.tasksTimedOut && !facts.finallyDone;
  if (situation.tasksTimedOut && !waits) {
    const within = goDuration(limits.tasks ?? 0);
    return failed(
      'PipelineRunTimeout',
      `PipelineRun "${name}" failed due to tasks failed to finish within "${within}"`,
    );
  }
  const { counts } = facts;
  const completed = counts.succeeded + counts.failed + counts.cancelled + counts.ignored;
  const skipped = counts.skipped + counts.late;
  if (counts.incomplete > 0) return running(situation, facts, completed, skipped, waits);
  const ignored = counts.ignored > 0 ? ` (Ignored: ${counts.ignored})` : '';
  const all = `Tasks Completed: ${completed} (Failed: ${counts.failed + counts.ignored}${ignored}, Cancelled ${counts.cancelled}), Skipped: ${skipped}`;
  if (counts.invalid > 0) {
    const why = tasks.flatMap(({ invalid }) => invalid ?? []).join('; ');
    return failed('PipelineValidationFailed', `${all}, Failed Validation: ${counts.invalid} (${why.slice(0, 1024)})`);
  }
  if (counts.failed > 0 || counts.late > 0) return failed('Failed', all);
  if (situation.end !== undefined) return failed('Cancelled', `PipelineRun "${name}" was cancelled`);
  if (counts.cancelled > 0) return failed('Cancelled', all);
  return { status: 'True', reason: skipped > 0 ? 'Completed' : 'Succeeded', message: all };
}

function running(
  { end }: Situation,
  { counts, finallyDone }: Facts,
  completed: number,
  skipped: number,
  waits: boolean,
): Outcome {
  const stops = counts.cancelled > 0 || (counts.failed > 0 && finallyDone);
  const reason = waits
    ? 'PipelineRunTimeoutRunningFinally'
    : end === 'CancelledRunFinally'
      ? 'CancelledRunningFinally'
      : end === 'StoppedRunFinally'
        ? 'StoppedRunningFinally'
        : stops
          ? 'PipelineRunStopping'
          : 'Running';
  const { failed, cancelled, incomplete } = counts;
  const message = `Tasks Completed: ${completed} (Failed: ${failed}, Cancelled ${cancelled}), Incomplete: ${incomplete}, Skipped: ${skipped}`;
  return { status: 'Unknown', reason, message };
}
