import { type RunEnd, type SkippedTask, type SkippingReason, skipping } from './objects.js';
import {
  anyFailed,
  hasFailed,
  hasSucceeded,
  ignoresFailure,
  isScheduled,
  reasonWord,
  statusWord,
  type TaskState,
} from './task-state.js';

/** What the scheduler knows at one moment; nothing changes while it is used. Source: pipelinerunresolution.go, pipelinerunstate.go. */
export interface Moment {
  readonly tasks: readonly TaskState[];
  readonly end: RunEnd | undefined;
  readonly pipelineTimedOut: boolean;
  readonly tasksTimedOut: boolean;
  readonly finallyTimedOut: boolean;
  /** Fills in results of other tasks; the name of the task whose results are missing, if any. */
  readonly fill: (state: TaskState) => string | undefined;
  /** Whether all `when` of it are true. */
  readonly allows: (state: TaskState) => boolean;
  readonly emptyMatrix: (state: TaskState) => boolean;
}

/** Conclusions from a moment, in Tekton's order of precedence. */
export interface Facts {
  readonly skip: (state: TaskState) => SkippingReason | undefined;
  readonly finallySkip: (state: TaskState) => SkippingReason | undefined;
  readonly isDone: (state: TaskState) => boolean;
  readonly parentsDone: (state: TaskState) => boolean;
  readonly stopping: boolean;
  readonly tasksDone: () => boolean;
  readonly finallyDone: () => boolean;
  readonly skipped: () => readonly SkippedTask[];
  /** `$(tasks.status)` and the like, without `$(` and `)`. */
  readonly statusVariables: () => ReadonlyMap<string, string>;
}

export function factsOf(moment: Moment): Facts {
  const { tasks, end } = moment;
  const byName = new Map(tasks.map((state) => [state.name, state]));
  const known = new Map<TaskState, SkippingReason | undefined>();
  const ended = (state: TaskState) => hasSucceeded(state) || hasFailed(state) || state.invalid !== undefined;
  const isDone = (state: TaskState): boolean => ended(state) || skip(state) !== undefined;
  const parents = (state: TaskState) => state.needs.flatMap((name) => byName.get(name) ?? []);
  const parentsDone = (state: TaskState) => state.final || parents(state).every(isDone);
  const stopping = tasks.some(
    (state) => !state.final && (hasFailed(state) || state.invalid !== undefined) && !ignoresFailure(state),
  );
  const missing = (state: TaskState) => {
    const from = moment.fill(state);
    if (from === undefined) return false;
    const producer = byName.get(from);
    if (producer === undefined) return false;
    return ignoresFailure(state) || state.final || skip(producer) === skipping.when;
  };

  const judge = (state: TaskState): SkippingReason | undefined => {
    if (state.final || isScheduled(state) || state.invalid !== undefined) return undefined;
    if (stopping) return skipping.stopping;
    if (end === 'CancelledRunFinally') return skipping.cancelled;
    if (end === 'StoppedRunFinally') return skipping.stopped;
    const ready = parentsDone(state);
    if (ready) moment.fill(state);
    if (ready && !moment.allows(state)) return skipping.when;
    // A parent that its own `when` skipped does not skip its children.
    const lost = parents(state)
      .map(skip)
      .some((reason) => reason !== undefined && reason !== skipping.when);
    if (lost) return skipping.parent;
    if (!ready) return moment.emptyMatrix(state) ? skipping.emptyMatrix : undefined;
    if (missing(state)) return skipping.results;
    if (moment.pipelineTimedOut) return skipping.pipelineTimeout;
    if (moment.tasksTimedOut) return skipping.tasksTimeout;
    return moment.emptyMatrix(state) ? skipping.emptyMatrix : undefined;
  };
  const skip = (state: TaskState): SkippingReason | undefined => {
    if (!known.has(state)) known.set(state, judge(state));
    return known.get(state);
  };
  // Parents first, so that a long chain needs no deep recursion.
  for (const state of tasks) skip(state);

  const dag = tasks.filter(({ final }) => !final);
  const last = tasks.filter(({ final }) => final);
  const tasksDone = () => dag.every(isDone);
  const finallySkip = (state: TaskState): SkippingReason | undefined => {
    if (isScheduled(state) || !state.final || !tasksDone()) return undefined;
    if (missing(state)) return skipping.results;
    if (!moment.allows(state)) return skipping.when;
    if (moment.pipelineTimedOut) return skipping.pipelineTimeout;
    if (moment.finallyTimedOut) return skipping.finallyTimeout;
    return moment.emptyMatrix(state) ? skipping.emptyMatrix : undefined;
  };
  const skipped = () =>
    tasks.flatMap((state): SkippedTask[] => {
      const reason = state.final ? finallySkip(state) : skip(state);
      if (reason === undefined) return [];
      const { when = [] } = state.task;
      const shown = when.length > 0 && (!state.final || reason === skipping.when);
      return [{ name: state.name, reason, ...(shown ? { whenExpressions: when } : {}) }];
    });
  const together = () => {
    if (!tasksDone()) return 'None';
    if (dag.some(anyFailed)) return 'Failed';
    return dag.some((state) => skip(state) !== undefined) ? 'Completed' : 'Succeeded';
  };
  return {
    skip,
    finallySkip,
    isDone,
    parentsDone,
    stopping,
    tasksDone,
    finallyDone: () => last.every((state) => ended(state)),
    skipped,
    statusVariables: () =>
      new Map([
        ...dag.flatMap((state): [string, string][] => [
          [`tasks.${state.name}.status`, statusWord(state)],
          [`tasks.${state.name}.reason`, reasonWord(state)],
        ]),
        ['tasks.status', together()],
      ]),
  };
}
