import type { WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireTaskSpec, WireWhen } from '../../tekton/wire/task.js';
import type { LocalStepAction } from '../documents/read.js';
import type { TaskRunObject } from './objects.js';
import type { FoundTask } from './run-plan.js';

/** Who ended a TaskRun before its end. */
export type StoppedBy = 'cancel' | 'timeout';

/** One TaskRun of a PipelineTask, as the scheduler sees it. */
export interface StartedRun {
  object: TaskRunObject;
  readonly stop: AbortController;
  stoppedBy?: StoppedBy;
}

/** A PipelineTask, and what has become of it. */
export interface TaskState extends Pick<FoundTask, 'fetched' | 'stepSources'> {
  readonly name: string;
  readonly final: boolean;
  /** The tasks that it waits for. */
  readonly needs: readonly string[];
  /** Variables are replaced in it as their values become known. */
  task: WirePipelineTask;
  spec: WireTaskSpec;
  /** Empty for an embedded spec. */
  readonly taskName: string;
  readonly actions: Readonly<Record<number, LocalStepAction>>;
  runs: StartedRun[];
  /** Why no TaskRun can be made: a result that it uses is missing. */
  invalid?: string;
  /** `when` of a finally task without the states of other tasks: so Tekton shows it in `childReferences`. */
  shownWhen?: readonly WireWhen[];
  /** Whether results of other tasks are filled in. */
  filled: boolean;
}

const statusOf = ({ object }: StartedRun) => object.status.conditions[0].status;
const reasonOf = ({ object }: StartedRun) => object.status.conditions[0].reason;

export const isScheduled = ({ runs }: TaskState): boolean => runs.length > 0;
const allEnded = ({ runs }: TaskState) => runs.every((run) => statusOf(run) !== 'Unknown');

export const hasSucceeded = (state: TaskState): boolean =>
  isScheduled(state) && state.runs.every((run) => statusOf(run) === 'True');
export const anyFailed = ({ runs }: TaskState): boolean => runs.some((run) => statusOf(run) === 'False');
export const hasFailed = (state: TaskState): boolean => anyFailed(state) && allEnded(state);
export const isRunning = (state: TaskState): boolean => isScheduled(state) && !allEnded(state);

const cancelled = (run: StartedRun) => statusOf(run) === 'False' && reasonOf(run) === 'TaskRunCancelled';
export const wasCancelled = (state: TaskState): boolean => state.runs.some(cancelled) && allEnded(state);
export const wasCancelledForTimeout = (state: TaskState): boolean =>
  state.runs.some((run) => cancelled(run) && run.stoppedBy === 'timeout') && allEnded(state);

export const ignoresFailure = ({ task }: TaskState): boolean => task.onError === 'continue';

/** `$(tasks.NAME.status)`. */
export function statusWord(state: TaskState): 'Succeeded' | 'Failed' | 'None' {
  if (hasSucceeded(state)) return 'Succeeded';
  return anyFailed(state) ? 'Failed' : 'None';
}

/** `$(tasks.NAME.reason)`: of the first TaskRun that did not succeed. */
export function reasonWord({ runs }: TaskState): string {
  const shown = runs.find((run) => statusOf(run) !== 'True') ?? runs[0];
  return shown === undefined ? '' : reasonOf(shown);
}
