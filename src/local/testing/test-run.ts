import type { WireValue } from '../../tekton/wire/task.js';
import type { Condition, LogLine, ParamValues } from '../contract.js';
import type { RunObject, TaskRunObject } from '../pipeline-run/objects.js';

/** How a run or a task ended, in Tekton's words. */
export type Ending = Pick<Condition, 'status' | 'reason' | 'message'>;

/** A TaskRun that has ended. */
export interface TestTaskRun extends Ending {
  /** The name of the task in the Pipeline. */
  readonly task: string;
  /** What it was started with; params that were left out have their defaults. */
  readonly params: ParamValues;
  readonly results: Readonly<Record<string, WireValue>>;
  /** By name. `reason` is Completed, Error, Continued, Skipped, TimeoutExceeded … */
  readonly steps: Readonly<Record<string, { readonly exitCode: number; readonly reason: string }>>;
  readonly retries: number;
}

/** A run that has ended. */
export interface TestRun<Results extends object = Readonly<Record<string, WireValue>>> extends Ending {
  readonly succeeded: boolean;
  /** Those that were written: a task that was skipped or failed gives none. */
  readonly results: Partial<Results>;
  /** The tasks that ran, in the order in which they started. */
  readonly order: readonly string[];
  /** Why each of the others did not, in Tekton's words. */
  readonly skipped: Readonly<Record<string, string>>;
  /** `TASK: MESSAGE` for each TaskRun that failed; else the run's own message if it failed. */
  readonly errors: readonly string[];
  /** What the documents ask for and has no effect on this machine. */
  readonly notes: readonly string[];
  /** The TaskRun of a task. @throws Error when there is none, or more than one */
  readonly task: (name: string) => TestTaskRun;
  /** All TaskRuns of a task, in the order of their names: several for a matrix, none if it did not run. */
  readonly taskRuns: (name: string) => readonly TestTaskRun[];
  /** What was printed, in order: by everything, by one task (`build`), or by one step (`build/clone`). */
  readonly log: (of?: string) => string;
  /** The PipelineRun or TaskRun, in Tekton's own shape. */
  readonly object: RunObject;
}

/** What was seen while a run was under way. */
export interface Seen {
  readonly lines: readonly LogLine[];
  /** Each TaskRun as it started. */
  readonly started: readonly { readonly name: string; readonly task: string; readonly params: ParamValues }[];
  readonly tasks: readonly string[];
  readonly notes: readonly string[];
}

/** The run, as tests look at it. */
export function testRun(object: RunObject, taskRuns: readonly TaskRunObject[], seen: Seen): TestRun {
  const [{ status, reason, message }] = object.status.conditions;
  const skipped = object.kind === 'PipelineRun' ? (object.status.skippedTasks ?? []) : [];
  const whyNot = Object.fromEntries(skipped.map((one) => [one.name, one.reason]));
  const runs = taskRuns
    .map((run) => ({ name: run.metadata.name, ...ended(run, seen) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const of = (name: string) => {
    if (!seen.tasks.includes(name)) throw new Error(`there is no task ${name}: the tasks are ${seen.tasks.join(', ')}`);
    return runs.filter(({ task }) => task === name);
  };
  const failed = runs.filter((run) => run.status !== 'True').map((run) => `${run.task}: ${run.message}`);
  return {
    succeeded: status === 'True',
    status,
    reason,
    message,
    results: valuesOf(object.status.results),
    order: [...new Set(seen.started.map(({ task }) => task))],
    skipped: whyNot,
    errors: failed.length === 0 && status !== 'True' ? [message] : failed,
    notes: seen.notes,
    task: (name) => {
      const [only, ...more] = of(name);
      if (only === undefined)
        throw new Error(`the task ${name} did not run: ${whyNot[name] ?? 'the run ended before'}`);
      if (more.length > 0) throw new Error(`the task ${name} has ${more.length + 1} TaskRuns: use taskRuns`);
      return only;
    },
    taskRuns: of,
    log: (place) =>
      seen.lines
        .filter(printedBy(place))
        .map(({ text }) => text)
        .join('\n'),
    object,
  };
}

const printedBy =
  (place: string | undefined) =>
  ({ task, step }: LogLine) =>
    place === undefined || place === task || place === `${task}/${step}`;

function ended({ metadata, status: state }: TaskRunObject, { started }: Seen): TestTaskRun {
  const [{ status, reason, message }] = state.conditions;
  const begin = started.find(({ name }) => name === metadata.name);
  return {
    task: begin?.task ?? metadata.labels['tekton.dev/pipelineTask'] ?? metadata.name,
    status,
    reason,
    message,
    params: begin?.params ?? {},
    results: valuesOf(state.results),
    steps: Object.fromEntries(
      (state.steps ?? []).map(({ name, terminated, terminationReason = '' }) => [
        name,
        { exitCode: terminated?.exitCode ?? 0, reason: terminationReason },
      ]),
    ),
    retries: state.retriesStatus?.length ?? 0,
  };
}

const valuesOf = (results: readonly { readonly name: string; readonly value: WireValue }[] = []) =>
  Object.fromEntries(results.map(({ name, value }) => [name, value]));
