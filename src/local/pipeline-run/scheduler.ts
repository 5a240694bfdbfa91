import type { WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireParam } from '../../tekton/wire/task.js';
import type { Variables } from '../contract.js';
import { resultsUsed } from '../plan/expressions.js';
import { countCombinations, fanOut, hasEmptyArray, matrixProblems } from '../plan/matrix.js';
import { allowsExecution } from '../plan/when.js';
import { contextVariables, taskResultVariables } from '../variables/names.js';
import { conditionOf, type Outcome } from './condition.js';
import { type Facts, factsOf, type Moment } from './facts.js';
import type { RunEnd, SkippedTask } from './objects.js';
import { replaceInSpec, replaceInTask } from './replace.js';
import { finallyTimeout, type RunPlan, tasksTimeout } from './run-plan.js';
import { resultsOf } from './task-results.js';
import {
  hasFailed,
  hasSucceeded,
  isRunning,
  isScheduled,
  type StartedRun,
  type StoppedBy,
  type TaskState,
} from './task-state.js';

/** What the scheduler changes in the world. */
export interface Effects {
  /** Makes the TaskRuns of a task and starts them: one for each list of params. `ended` is called as each ends. */
  readonly start: (
    state: TaskState,
    params: readonly (readonly WireParam[])[],
    ended: () => void,
  ) => readonly StartedRun[];
  /** Something of the PipelineRun's status has changed. */
  readonly changed: (now: Progress) => void;
  /** Calls back after some milliseconds, unless the run ends first. */
  readonly later: (milliseconds: number, then: () => void) => void;
}

/** The PipelineRun at one moment. */
export interface Progress {
  readonly outcome: Outcome;
  readonly tasks: readonly TaskState[];
  readonly skipped: readonly SkippedTask[];
  readonly finallyStarted: boolean;
}

export interface Scheduler {
  /** Starts the first tasks; resolves with the end. @throws what `fail` was given */
  readonly run: () => Promise<Progress>;
  /** Ends the run as `spec.status` would. */
  readonly end: (how: RunEnd) => void;
  /** Ends it because op itself failed. */
  readonly fail: (error: unknown) => void;
}

/** Decides what runs when; nothing here touches the world but through `effects`. */
export function createScheduler(plan: RunPlan, tasks: readonly TaskState[], effects: Effects): Scheduler {
  let end: RunEnd | undefined;
  let over = false;
  const timedOut = { pipeline: false, tasks: false, finally: false };
  let finallyStarted = false;
  let refused: Outcome | undefined;
  let statusKnown = false;
  const byName = new Map(tasks.map((state) => [state.name, state]));
  const limits = { pipeline: plan.timeouts.pipeline, tasks: tasksTimeout(plan.timeouts) };
  let resolve: (end: Progress) => void;
  let reject: (error: unknown) => void;
  const promise = new Promise<Progress>((...both) => {
    [resolve, reject] = both;
  });

  const moment = (): Moment => ({
    tasks,
    end,
    pipelineTimedOut: timedOut.pipeline,
    tasksTimedOut: timedOut.tasks,
    finallyTimedOut: timedOut.finally,
    fill: (state) => fill(state, byName),
    allows: ({ task }) => allowsExecution(task.when ?? []),
    emptyMatrix: ({ task }) => task.matrix !== undefined && hasEmptyArray(task.matrix),
  });

  const stop = (by: StoppedBy, which: (state: TaskState) => boolean) => {
    for (const state of tasks.filter((one) => isRunning(one) && which(one))) {
      for (const run of state.runs) {
        run.stoppedBy ??= by;
        run.stop.abort();
      }
    }
  };

  const refuse = (reason: string, what: string) => {
    refused ??= { status: 'False', reason, message: `[User error] ${what}` };
    stop('cancel', () => true);
  };

  const start = (state: TaskState) => {
    state.task = replaceInTask(state.task, lateVariables(state.task, byName));
    const own = state.task.params ?? [];
    const { matrix } = state.task;
    // An array of results was a text until now. How many runs it makes is checked before the run starts only.
    const [wrong] =
      matrix === undefined ? [] : matrixProblems(state.name, matrix).filter(({ path }) => path !== 'matrix');
    if (wrong !== undefined) return refuse('InvalidMatrixParameterTypes', `Failed to validate matrix: ${wrong.what}`);
    const params = matrix === undefined ? [own] : fanOut(matrix).map((row) => [...row, ...own]);
    if (state.taskName === '') propagate(state, byName);
    state.runs = [...effects.start(state, params, advance)];
  };

  const startTasks = (facts: Facts): boolean => {
    if (
      refused ||
      end === 'Cancelled' ||
      end === 'CancelledRunFinally' ||
      facts.stopping ||
      end === 'StoppedRunFinally'
    )
      return false;
    const ready = tasks.filter(
      (state) => !state.final && !isScheduled(state) && !facts.isDone(state) && facts.parentsDone(state),
    );
    // One task that cannot get its results stops the others, too.
    for (const state of ready) {
      const missing = missingResult(state, byName);
      if (missing !== undefined) state.invalid = missing;
    }
    if (ready.some(({ invalid }) => invalid !== undefined)) return true;
    ready.forEach(start);
    return ready.length > 0;
  };

  const startFinally = (facts: Facts): boolean => {
    const waiting = tasks.filter((state) => state.final && !isScheduled(state));
    if (refused || end === 'Cancelled' || waiting.length === 0 || !facts.tasksDone()) return false;
    if (!statusKnown) {
      statusKnown = true;
      for (const state of waiting) state.task = replaceInTask(state.task, facts.statusVariables());
    }
    const ready = waiting.filter((state) => facts.finallySkip(state) === undefined);
    if (!finallyStarted) {
      finallyStarted = true;
      const limit = finallyTimeout(plan.timeouts);
      if (limit) effects.later(limit, () => passed('finally', (state) => state.final));
    }
    ready.forEach(start);
    return ready.length > 0;
  };

  const advance = () => {
    if (over) return;
    let facts = factsOf(moment());
    if (!timedOut.pipeline) while (startTasks(facts)) facts = factsOf(moment());
    if (!timedOut.pipeline) while (startFinally(facts)) facts = factsOf(moment());
    const outcome = refused ?? conditionOf(plan.name, moment(), facts, limits);
    const progress = { outcome, tasks, skipped: facts.skipped(), finallyStarted };
    // A run that is ended from outside still waits for what it has stopped.
    over = outcome.status !== 'Unknown' && !tasks.some(isRunning);
    if (over) return resolve(progress);
    effects.changed(outcome.status === 'Unknown' ? progress : { ...progress, outcome: stopping(outcome) });
  };

  const passed = (which: keyof typeof timedOut, concerns: (state: TaskState) => boolean) => {
    if (over) return;
    timedOut[which] = true;
    stop('timeout', concerns);
    advance();
  };

  return {
    run: () => {
      if (limits.pipeline > 0) effects.later(limits.pipeline, () => passed('pipeline', () => true));
      if (limits.tasks) effects.later(limits.tasks, () => !finallyStarted && passed('tasks', ({ final }) => !final));
      advance();
      return promise;
    },
    end: (how) => {
      if (over || end === 'Cancelled') return;
      end = how;
      if (how === 'Cancelled') stop('cancel', () => true);
      if (how === 'CancelledRunFinally') stop('cancel', ({ final }) => !final);
      advance();
    },
    fail: (error) => {
      over = true;
      stop('cancel', () => true);
      reject(error);
    },
  };
}

const stopping = ({ message }: Outcome): Outcome => ({ status: 'Unknown', reason: 'PipelineRunStopping', message });

/** Fills in results, all or none. Source: ResolveResultRefs of resultrefresolution.go. @returns the task whose results are missing */
function fill(state: TaskState, byName: ReadonlyMap<string, TaskState>): string | undefined {
  if (state.filled) return undefined;
  const known: Record<string, ReturnType<typeof resultsOf>> = {};
  for (const { task, result } of resultsUsed(state.task)) {
    const producer = byName.get(task);
    const ended = producer !== undefined && (hasSucceeded(producer) || hasFailed(producer));
    const results = ended ? (known[task] ?? resultsOf(producer)) : {};
    if (results[result] === undefined) return task;
    known[task] = results;
  }
  state.task = replaceInTask(state.task, taskResultVariables(known));
  state.filled = true;
  return undefined;
}

/** Why a task whose turn it is cannot run. Source: CheckMissingResultReferences of pipelinerunresolution.go. */
function missingResult(state: TaskState, byName: ReadonlyMap<string, TaskState>): string | undefined {
  if (fill(state, byName) === undefined) return undefined;
  for (const { task, result } of resultsUsed(state.task)) {
    const producer = byName.get(task);
    if (producer === undefined)
      return `Result reference error: Could not find ref "${task}" in internal pipelineRunState`;
    if (!isScheduled(producer)) {
      return `Result reference error: Internal result ref "${task}" has zero-length TaskRuns`;
    }
    if (resultsOf(producer)[result] !== undefined) continue;
    if (hasSucceeded(producer)) {
      return `task "${task}" completed successfully but did not emit the result "${result}", which is referenced by task "${state.name}"`;
    }
    return `invalid task result reference: Could not find result with name ${result} for pipeline task ${task}`;
  }
  return undefined;
}

/** Results of tasks that have ended apply in an embedded spec without being passed. Source: PropagateResults of apply.go. */
function propagate(state: TaskState, byName: ReadonlyMap<string, TaskState>): void {
  const ended = [...byName.values()].filter((one) => hasSucceeded(one) || hasFailed(one));
  const results = Object.fromEntries(ended.map((one) => [one.name, resultsOf(one)]));
  state.spec = replaceInSpec(state.spec, taskResultVariables(results));
}

/** What is known only when a task starts. Source: ApplyPipelineTaskContexts of apply.go. */
function lateVariables(task: WirePipelineTask, byName: ReadonlyMap<string, TaskState>): Variables {
  const variables = new Map(contextVariables({ pipelineTask: { retries: task.retries ?? 0 } }));
  for (const other of byName.values()) {
    if (other.task.matrix === undefined) continue;
    variables.set(`tasks.${other.name}.matrix.length`, `${countCombinations(other.task.matrix)}`);
    if (!isScheduled(other)) continue;
    for (const [name, values] of Object.entries(resultsOf(other))) {
      variables.set(`tasks.${other.name}.matrix.${name}.length`, `${values.length}`);
    }
  }
  return variables;
}
