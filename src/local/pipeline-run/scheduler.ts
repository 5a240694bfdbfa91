import type { WireParam } from '../../tekton/wire/task.js';
import { fanOut, matrixProblems } from '../plan/matrix.js';
import { conditionOf, type Outcome } from './condition.js';
import { Facts, type Situation } from './facts.js';
import { indexBeyond, lateVariables, missingResult, paramsRefused, propagateResults } from './late-values.js';
import type { RunEnd, SkippedTask } from './objects.js';
import { replaceInTask } from './replace.js';
import { finallyTimeout, type RunPlan, tasksTimeout } from './run-plan.js';
import { isRunning, isScheduled, type StartedRun, type StoppedBy, type TaskState } from './task-state.js';

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
  readonly skipped: () => readonly SkippedTask[];
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
export function createScheduler(
  plan: Pick<RunPlan, 'kind' | 'name' | 'namespace' | 'timeouts'>,
  tasks: readonly TaskState[],
  effects: Effects,
): Scheduler {
  const situation: Situation = {
    end: undefined,
    pipelineTimedOut: false,
    tasksTimedOut: false,
    finallyTimedOut: false,
  };
  let over = false;
  let finallyStarted = false;
  let refused: Outcome | undefined;
  let statusKnown = false;
  let skipped: readonly SkippedTask[] | undefined;
  const byName = new Map(tasks.map((state) => [state.name, state]));
  const limits = { pipeline: plan.timeouts.pipeline, tasks: tasksTimeout(plan.timeouts) };
  let resolve: (end: Progress) => void;
  let reject: (error: unknown) => void;
  const promise = new Promise<Progress>((...both) => {
    [resolve, reject] = both;
  });
  const mayStartFinally = () => refused === undefined && situation.end !== 'Cancelled' && !situation.pipelineTimedOut;
  const facts = new Facts(tasks, situation, () => {
    if (statusKnown || !mayStartFinally()) return;
    statusKnown = true;
    const waiting = tasks.filter((state) => state.final && !isScheduled(state));
    const variables = waiting.length > 0 ? facts.statusVariables() : new Map();
    for (const state of waiting) {
      if (state.task.when !== undefined) state.shownWhen = state.task.when;
      state.task = replaceInTask(state.task, variables);
    }
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
    const beyond = indexBeyond(state, byName);
    if (beyond !== undefined) {
      const why = `couldn't resolve all references: ${beyond}`;
      return refuse('PipelineValidationFailed', `PipelineRun ${plan.namespace}/${plan.name} can't be Run; ${why}`);
    }
    const unfit = plan.kind === 'TaskRun' ? undefined : paramsRefused(state);
    if (unfit !== undefined) {
      return refuse('PipelineValidationFailed', `Validation failed for pipelinerun ${plan.name} with error ${unfit}`);
    }
    // An array of results was a text until now. How many runs it makes is checked before the run starts only.
    const [wrong] =
      matrix === undefined ? [] : matrixProblems(state.name, matrix, 'known').filter(({ path }) => path !== 'matrix');
    if (wrong !== undefined) return refuse('InvalidMatrixParameterTypes', `Failed to validate matrix: ${wrong.what}`);
    const params = matrix === undefined ? [own] : fanOut(matrix).map((row) => [...row, ...own]);
    if (state.taskName === '') state.spec = propagateResults(state.spec, byName);
    state.runs = [...effects.start(state, params, () => taskEnded(state))];
    facts.taskChanged(state);
  };

  const startTasks = () => {
    if (facts.tasksDone || facts.stopping || refused !== undefined || situation.end !== undefined) return;
    const ready = facts.ready();
    // One task that cannot get its results stops the others, too.
    const invalid = ready.filter((state) => {
      const missing = missingResult(state, byName);
      if (missing !== undefined) state.invalid = missing;
      return missing !== undefined;
    });
    for (const state of invalid) facts.taskChanged(state);
    if (invalid.length === 0) ready.forEach(start);
  };

  const startFinally = () => {
    if (!facts.tasksDone || !mayStartFinally()) return;
    if (!finallyStarted && tasks.some((state) => state.final && !isScheduled(state))) {
      finallyStarted = true;
      const limit = finallyTimeout(plan.timeouts);
      if (limit) effects.later(limit, () => passed('finallyTimedOut', (state) => state.final));
    }
    facts.ready().forEach(start);
  };

  const proceed = () => {
    if (!situation.pipelineTimedOut) startTasks();
    startFinally();
    const outcome = refused ?? conditionOf(plan.name, tasks, situation, facts, limits);
    const progress = { outcome, tasks, skipped: () => skipped ?? facts.skipped(), finallyStarted };
    // A run that is ended from outside still waits for what it has stopped.
    over = outcome.status !== 'Unknown' && !facts.anyRunning;
    if (over) return resolve(progress);
    effects.changed(outcome.status === 'Unknown' ? progress : { ...progress, outcome: stopping(outcome) });
  };

  const taskEnded = (state: TaskState) => {
    if (over) return;
    facts.taskChanged(state);
    proceed();
  };

  const situationChanged = () => {
    facts.situationChanged();
    proceed();
  };

  const passed = (which: Exclude<keyof Situation, 'end'>, concerns: (state: TaskState) => boolean) => {
    if (over) return;
    if (which === 'pipelineTimedOut') skipped ??= facts.skipped();
    situation[which] = true;
    stop('timeout', concerns);
    situationChanged();
  };

  return {
    run: () => {
      if (limits.pipeline > 0) effects.later(limits.pipeline, () => passed('pipelineTimedOut', () => true));
      if (limits.tasks)
        effects.later(limits.tasks, () => !finallyStarted && passed('tasksTimedOut', ({ final }) => !final));
      situationChanged();
      return promise;
    },
    end: (how) => {
      if (over || situation.end === 'Cancelled') return;
      // A run that is cancelled or out of time says what was skipped before, and no more.
      if (how === 'Cancelled') skipped ??= facts.skipped();
      situation.end = how;
      if (how === 'Cancelled') stop('cancel', () => true);
      if (how === 'CancelledRunFinally') stop('cancel', ({ final }) => !final);
      situationChanged();
    },
    fail: (error) => {
      over = true;
      stop('cancel', () => true);
      reject(error);
    },
  };
}

const stopping = ({ message }: Outcome): Outcome => ({ status: 'Unknown', reason: 'PipelineRunStopping', message });
