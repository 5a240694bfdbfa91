import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Context } from '../../op/context.js';
import type { Enter, FetchImage, LogLine, StepState, TaskRunRequest, TaskRunStatus } from '../contract.js';
import { needsOf } from '../plan/dag.js';
import { pipelineResults } from '../plan/results.js';
import { filesOf, type Home } from '../runs/home.js';
import { writeObjectFiles } from '../runs/object-files.js';
import { openOutput } from '../runs/output.js';
import { writerOf } from '../runs/writer.js';
import { makeWorkspaces } from '../workspaces/make.js';
import { type Course, pipelineRunObject, pipelineRunYaml } from './describe.js';
import { type RunEnd, type RunObject, runEnds, type TaskRunObject } from './objects.js';
import { replacePlan } from './replace-plan.js';
import type { RunPlan } from './run-plan.js';
import { createScheduler, type Effects, type Progress, type Scheduler } from './scheduler.js';
import { startTaskRuns } from './start-task-runs.js';
import { resultsOf } from './task-results.js';
import { slots } from './task-run.js';
import { statusWord, type TaskState } from './task-state.js';

/** Runs the steps of one TaskRun; `src/local/task-run` in a real run. */
export type RunTask = (
  context: Context,
  request: TaskRunRequest,
  follow: {
    readonly line: (line: LogLine) => void;
    readonly step: (state: StepState) => void;
    readonly before?: (step: string, enter: Enter, signal: AbortSignal) => Promise<void>;
  },
) => Promise<TaskRunStatus>;

export interface Execution {
  readonly plan: RunPlan;
  readonly home: Home;
  /** The directory of this run; it exists, and no other process works in it. */
  readonly directory: string;
  /** How many TaskRuns work at a time. */
  readonly parallel: number;
  readonly runTask: RunTask;
  /** Fetches the images that are not this machine. */
  readonly fetchImage?: FetchImage;
  readonly show: (line: LogLine) => void;
  /** A step is about to start: it waits until this resolves. The signal is aborted when it shall not start any more. */
  readonly before?: (task: string, step: string, enter: Enter, signal: AbortSignal) => Promise<void>;
  /** TaskRuns of an earlier execution that are not run again. */
  readonly kept: readonly TaskRunObject[];
}

/** A run at its end, as it is on disk. */
export interface Ended {
  readonly object: RunObject;
  /** In the order of the Pipeline. */
  readonly taskRuns: readonly TaskRunObject[];
}

/**
 * Executes a run. Its objects are on disk from the first moment, and follow every change.
 * @throws Interrupted when op is told to stop: the run is cancelled first
 */
export async function executeRun(context: Context, execution: Execution): Promise<Ended> {
  const { plan, home, directory } = execution;
  const files = filesOf(directory);
  const identity = { uid: randomUUID(), started: context.now() };
  const objects = await writeObjectFiles(directory, plan.files);
  const made = await makeWorkspaces(plan.bindings, home, files.workspaces, plan.files);
  const tasks = statesOf(replacePlan(plan, identity.uid), execution.kept);
  let course: Course = {
    progress: undefined,
    finallyStarted: undefined,
    changed: identity.started,
    ended: undefined,
    results: [],
  };
  const fail = (error: unknown) => scheduler.fail(error);
  await using output = openOutput(files.output, execution.show, fail);
  const render = pipelineRunYaml(plan, identity, course);
  await using writer = plan.kind === 'PipelineRun' ? writerOf(files.pipelineRun, () => render(course)) : undefined;
  const timers: NodeJS.Timeout[] = [];
  const follow = (progress: Progress) => {
    course = next(course, progress, context.now());
    writer?.changed();
  };
  const working = new Set<Promise<void>>();
  const effects: Effects = {
    start: startTaskRuns(context, execution, {
      identity,
      made,
      objects,
      output,
      slots: slots(execution.parallel),
      working,
      fail,
    }),
    changed: follow,
    later: (milliseconds, then) => void timers.push(setTimeout(then, Math.min(milliseconds, 2 ** 31 - 1))),
  };
  const scheduler: Scheduler = createScheduler(plan, tasks, effects);
  writer?.changed();
  await writer?.settled();
  using _ending = endsWhenAsked(context, files.cancel, scheduler);
  try {
    follow(await scheduler.run());
  } finally {
    for (const timer of timers) clearTimeout(timer);
    // A run is over when its last TaskRun is, which may not be on disk yet.
    await Promise.all(working);
  }
  course = withResults(plan, { ...course, ended: context.now() }, tasks);
  writer?.changed();
  await writer?.settled();
  if (context.signal.aborted) throw context.signal.reason;
  const taskRuns = tasks.flatMap(({ runs }) => runs.map(({ object }) => object));
  const [only] = taskRuns;
  const alone = plan.kind === 'TaskRun' && only !== undefined;
  return { object: alone ? only : pipelineRunObject(plan, identity, course), taskRuns };
}

function statesOf(plan: RunPlan, kept: readonly TaskRunObject[]): readonly TaskState[] {
  const { tasks, finally: last = [] } = plan.spec;
  const needs = needsOf(plan.spec);
  const keptOf = new Map<string | undefined, TaskRunObject[]>();
  for (const object of kept) {
    const task = object.metadata.labels['tekton.dev/pipelineTask'];
    keptOf.set(task, [...(keptOf.get(task) ?? []), object]);
  }
  return [...tasks.map((task) => ({ task, final: false })), ...last.map((task) => ({ task, final: true }))].map(
    ({ task, final }) => {
      const found = plan.tasks[task.name];
      if (found === undefined) throw new Error(`the plan has no Task for ${task.name}`);
      return {
        ...found,
        name: task.name,
        final,
        needs: final ? [] : (needs.get(task.name) ?? []),
        task,
        runs: (keptOf.get(task.name) ?? []).map((object) => ({ object, stop: new AbortController() })),
        filled: false,
      };
    },
  );
}

/** The course with news; a condition keeps its time while its status is the same. */
function next(course: Course, progress: Progress, now: Date): Course {
  const same = (course.progress?.outcome.status ?? 'Unknown') === progress.outcome.status;
  const finallyStarted = progress.finallyStarted ? (course.finallyStarted ?? now) : undefined;
  return { ...course, progress, finallyStarted, changed: same ? course.changed : now };
}

/** Source: the end of reconcile in pipelinerun.go. */
function withResults(plan: RunPlan, course: Course, tasks: readonly TaskState[]): Course {
  const { progress } = course;
  if (progress === undefined || plan.kind === 'TaskRun') return course;
  const outcomes = tasks.map(
    (state) => [state.name, { status: statusWord(state), results: resultsOf(state) }] as const,
  );
  const { results, invalid } = pipelineResults(plan.spec.results ?? [], Object.fromEntries(outcomes));
  if (invalid.length === 0) return { ...course, results };
  const message = `Failed to get PipelineResult from TaskRun Results for PipelineRun ${plan.name}: invalid pipelineresults [${invalid.join(' ')}], the referenced results don't exist`;
  const outcome = { status: 'False', reason: 'CouldntGetPipelineResult', message } as const;
  return { ...course, results, progress: { ...progress, outcome } };
}

/** Ends the run when op is told to stop, or when `op local cancel` asks for it. */
function endsWhenAsked({ signal }: Context, file: string, scheduler: Scheduler): Disposable {
  const onAbort = () => scheduler.end('Cancelled');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  let asked: RunEnd | undefined;
  const look = async () => {
    const text = (await readFile(file, 'utf8').catch(() => '')).trim();
    const how = runEnds.find((end) => end === text);
    if (how === undefined || how === asked) return;
    asked = how;
    scheduler.end(how);
  };
  const watch = setInterval(() => void look(), 250);
  return {
    [Symbol.dispose]: () => {
      clearInterval(watch);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
