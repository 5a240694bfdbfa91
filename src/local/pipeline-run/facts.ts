import { hasEmptyArray } from '../plan/matrix.js';
import { allowsExecution } from '../plan/when.js';
import { fillResults } from './late-values.js';
import { type RunEnd, type SkippedTask, type SkippingReason, skipping } from './objects.js';
import { type Counts, countsOf, type Standing, standingOf } from './standing.js';
import {
  anyFailed,
  hasFailed,
  hasSucceeded,
  ignoresFailure,
  isRunning,
  isScheduled,
  reasonWord,
  statusWord,
  type TaskState,
} from './task-state.js';

/** What has happened to a run as a whole. */
export interface Situation {
  end: RunEnd | undefined;
  pipelineTimedOut: boolean;
  tasksTimedOut: boolean;
  finallyTimedOut: boolean;
}

/** What is concluded about one task. */
interface Judgement {
  readonly order: number;
  /** How many of the tasks that it waits for are not done. */
  open: number;
  /** How many of them are skipped in a way that skips it, too. */
  lost: number;
  reason: SkippingReason | undefined;
  done: boolean;
  running: boolean;
  standing: Standing;
}

/**
 * Conclusions from the states of the tasks, in Tekton's order of precedence. They stay from one moment to the next: news of a task cost
 * what follows from them, however many other tasks there are. Source: pipelinerunresolution.go, pipelinerunstate.go.
 */
export class Facts {
  readonly #tasks: readonly TaskState[];
  readonly #situation: Readonly<Situation>;
  readonly #onTasksDone: () => void;
  readonly #byName: ReadonlyMap<string, TaskState>;
  readonly #children = new Map<TaskState, TaskState[]>();
  readonly #judgements = new Map<TaskState, Judgement>();
  readonly #ready = new Set<TaskState>();
  #counts = countsOf(0);
  #left = { tasks: 0, finally: 0, running: 0 };
  #stopping: boolean;

  /** @param onTasksDone called when the finally tasks can be judged, before they are */
  constructor(tasks: readonly TaskState[], situation: Readonly<Situation>, onTasksDone: () => void) {
    this.#tasks = tasks;
    this.#situation = situation;
    this.#onTasksDone = onTasksDone;
    this.#byName = new Map(tasks.map((state) => [state.name, state]));
    this.#stopping = tasks.some(stops);
    for (const state of tasks) this.#children.set(state, []);
    for (const state of tasks) for (const parent of this.#parents(state)) this.#children.get(parent)?.push(state);
  }

  /** How many tasks stand how. */
  get counts(): Counts {
    return this.#counts;
  }
  /** A task has failed: no other one starts. */
  get stopping(): boolean {
    return this.#stopping;
  }
  get anyRunning(): boolean {
    return this.#left.running > 0;
  }
  get tasksDone(): boolean {
    return this.#left.tasks === 0;
  }
  get finallyDone(): boolean {
    return this.#left.finally === 0;
  }

  /** The tasks that can start now, in the order of the Pipeline. */
  ready(): readonly TaskState[] {
    const order = (state: TaskState) => this.#judgements.get(state)?.order ?? 0;
    return [...this.#ready].toSorted((a, b) => order(a) - order(b));
  }

  /** A task has started or ended, or cannot run. */
  taskChanged(state: TaskState): void {
    // All others are judged by that, once.
    if (!this.#stopping && stops(state)) {
      this.#stopping = true;
      this.situationChanged();
    } else {
      const before = this.tasksDone;
      this.#judge([state]);
      if (!before && this.tasksDone) this.#judgeFinally();
    }
  }

  /** Something has happened that concerns all tasks. */
  situationChanged(): void {
    const last = this.#tasks.filter(({ final }) => final).length;
    this.#counts = countsOf(this.#tasks.length);
    this.#left = { tasks: this.#tasks.length - last, finally: last, running: 0 };
    this.#ready.clear();
    for (const [order, state] of this.#tasks.entries()) {
      const open = this.#parents(state).length;
      const nothing = { lost: 0, reason: undefined, done: false, running: false, standing: 'incomplete' } as const;
      this.#judgements.set(state, { ...nothing, order, open });
    }
    this.#judge(this.#tasks);
    if (this.tasksDone) this.#judgeFinally();
  }

  skipped(): readonly SkippedTask[] {
    return this.#tasks.flatMap((state): SkippedTask[] => {
      const reason = this.#judgements.get(state)?.reason;
      if (reason === undefined) return [];
      const { when = [] } = state.task;
      const shown = when.length > 0 && (!state.final || reason === skipping.when);
      return [{ name: state.name, reason, ...(shown ? { whenExpressions: when } : {}) }];
    });
  }

  /** `$(tasks.status)` and the like, without `$(` and `)`. */
  statusVariables(): ReadonlyMap<string, string> {
    const dag = this.#tasks.filter(({ final }) => !final);
    const skipped = dag.some((state) => this.#judgements.get(state)?.reason !== undefined);
    const together = dag.some(anyFailed) ? 'Failed' : skipped ? 'Completed' : 'Succeeded';
    return new Map([
      ...dag.flatMap((state): [string, string][] => [
        [`tasks.${state.name}.status`, statusWord(state)],
        [`tasks.${state.name}.reason`, reasonWord(state)],
      ]),
      ['tasks.status', this.tasksDone ? together : 'None'],
    ]);
  }

  #parents({ needs }: TaskState): readonly TaskState[] {
    return needs.flatMap((name) => this.#byName.get(name) ?? []);
  }

  #judgeFinally(): void {
    this.#onTasksDone();
    this.#judge(this.#tasks.filter(({ final }) => final));
  }

  /** Judges tasks, and those that follow from them. A long chain needs no deep recursion. */
  #judge(states: readonly TaskState[]): void {
    const waiting = new Set(states);
    for (const state of waiting) {
      // It comes back if another of its parents changes.
      waiting.delete(state);
      for (const child of this.#judgeOne(state)) waiting.add(child);
    }
  }

  /** @returns the tasks that have to be judged anew */
  #judgeOne(state: TaskState): readonly TaskState[] {
    const known = this.#judgements.get(state);
    if (known === undefined) return [];
    const { done: wasDone, running: wasRunning, reason: before } = known;
    this.#counts[known.standing]--;
    known.reason = state.final ? this.#skipFinally(state) : this.#skip(state, known);
    known.standing = standingOf(state, known.reason);
    this.#counts[known.standing]++;
    known.running = isRunning(state);
    known.done = hasEnded(state) || (!state.final && known.reason !== undefined);
    const newlyDone = Number(known.done) - Number(wasDone);
    this.#left[state.final ? 'finally' : 'tasks'] -= newlyDone;
    this.#left.running += Number(known.running) - Number(wasRunning);
    const turn = state.final ? this.tasksDone : known.open === 0;
    const waits = !isScheduled(state) && !known.done && known.reason === undefined;
    if (turn && waits) this.#ready.add(state);
    else this.#ready.delete(state);
    const newlyLost = Number(skipsChildren(known.reason)) - Number(skipsChildren(before));
    if (newlyDone === 0 && newlyLost === 0) return [];
    const children = this.#children.get(state) ?? [];
    for (const child of children) {
      const its = this.#judgements.get(child);
      if (its === undefined) continue;
      its.open -= newlyDone;
      its.lost += newlyLost;
    }
    return children;
  }

  #skip(state: TaskState, { open, lost }: Judgement): SkippingReason | undefined {
    const { end, pipelineTimedOut, tasksTimedOut } = this.#situation;
    if (isScheduled(state) || state.invalid !== undefined) return undefined;
    if (this.#stopping) return skipping.stopping;
    if (end === 'CancelledRunFinally') return skipping.cancelled;
    if (end === 'StoppedRunFinally') return skipping.stopped;
    const ready = open === 0;
    if (ready) fillResults(state, this.#byName);
    if (ready && !allowed(state)) return skipping.when;
    if (lost > 0) return skipping.parent;
    if (!ready) return emptyMatrix(state);
    if (this.#missesResults(state)) return skipping.results;
    if (pipelineTimedOut) return skipping.pipelineTimeout;
    return tasksTimedOut ? skipping.tasksTimeout : emptyMatrix(state);
  }

  #skipFinally(state: TaskState): SkippingReason | undefined {
    const { pipelineTimedOut, finallyTimedOut } = this.#situation;
    if (isScheduled(state) || !this.tasksDone) return undefined;
    if (this.#missesResults(state)) return skipping.results;
    if (!allowed(state)) return skipping.when;
    if (pipelineTimedOut) return skipping.pipelineTimeout;
    return finallyTimedOut ? skipping.finallyTimeout : emptyMatrix(state);
  }

  #missesResults(state: TaskState): boolean {
    const producer = this.#byName.get(fillResults(state, this.#byName) ?? '');
    if (producer === undefined) return false;
    return ignoresFailure(state) || state.final || this.#judgements.get(producer)?.reason === skipping.when;
  }
}

const hasEnded = (state: TaskState) => hasSucceeded(state) || hasFailed(state) || state.invalid !== undefined;

const stops = (state: TaskState) =>
  !state.final && (hasFailed(state) || state.invalid !== undefined) && !ignoresFailure(state);

const allowed = ({ task }: TaskState) => allowsExecution(task.when ?? []);

const emptyMatrix = ({ task: { matrix } }: TaskState) =>
  matrix !== undefined && hasEmptyArray(matrix) ? skipping.emptyMatrix : undefined;

/** A parent that its own `when` skipped does not skip its children. */
const skipsChildren = (reason: SkippingReason | undefined) => reason !== undefined && reason !== skipping.when;
