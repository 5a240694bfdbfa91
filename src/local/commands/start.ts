import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import type { Context } from '../../op/context.js';
import { isNoSpace } from '../../op/kit/errors/no-space.js';
import { deadlineError, inputError, toolError, usageError } from '../../op/kit/errors/op-error.js';
import { removeTree } from '../../op/kit/files/remove-tree.js';
import { writeAtomic } from '../../op/kit/files/write-atomic.js';
import type { WireValue } from '../../tekton/wire/task.js';
import type { FetchImage } from '../contract.js';
import { type Ended, executeRun } from '../pipeline-run/execute.js';
import type { RunObject, TaskRunObject } from '../pipeline-run/objects.js';
import type { RunPlan } from '../pipeline-run/run-plan.js';
import type { Doors } from '../remote/doors.js';
import { claimRun } from '../runs/executor.js';
import { filesOf, type Home, homeOf } from '../runs/home.js';
import { providePrograms, thisOp } from '../runs/programs.js';
import { createRun, generateName, readRun } from '../runs/store.js';
import { runTask } from '../task-run/run-task.js';
import { findBreakpoints, stopBefore } from './breakpoints.js';
import { displayOf } from './display.js';
import { makeRunPlan, type PlanRequest } from './make-run-plan.js';
import { type Form, oneName, printed } from './read-runs.js';
import { storeOf } from './store.js';
import { taskTable, valueInLine } from './table.js';

interface Running {
  readonly state?: string | undefined;
  readonly parallel?: string | undefined;
  readonly output: Form;
}

/** What the command line of `op local start` says. */
export interface StartRequest extends PlanRequest, Running {
  readonly dryRun: boolean;
  /** Steps to stop before. */
  readonly break: readonly string[];
}

/** `op local start`. @throws OpError (tool, deadline) when the run did not succeed */
export async function start(
  context: Context,
  request: StartRequest,
  words: readonly string[],
  doors: Doors,
  fetchImage: FetchImage,
): Promise<void> {
  const parallel = parallelOf(request.parallel);
  const home = homeOf(context, request.state);
  const store = await storeOf(context, home, request.store);
  const { plan, notes } = await makeRunPlan(context, { ...request, store }, words, doors);
  const breakpoints = findBreakpoints(request.break, plan);
  for (const note of notes) context.log.warn(note);
  if (request.dryRun) return dryRun(context, plan, request.output);
  await executeNew(context, { plan, home, parallel, output: request.output, fetchImage, breakpoints });
}

/**
 * Runs what a file asks for, with all of its output in the log.
 * @returns its results by name
 * @throws OpError (input) for what cannot run; (tool, deadline) when it did not succeed
 */
export async function runForResults(
  outer: Context,
  request: PlanRequest,
  file: string,
  doors: Doors,
  fetchImage: FetchImage,
): Promise<Readonly<Record<string, WireValue>>> {
  const context = { ...outer, out: () => undefined };
  const home = homeOf(context, undefined);
  const { plan, notes } = await makeRunPlan(context, { ...request, store: home.store }, [file], doors);
  for (const note of notes) context.log.warn(note);
  const parallel = availableParallelism();
  const object = await executeNew(context, { plan, home, parallel, output: 'json', fetchImage });
  return Object.fromEntries((object.status.results ?? []).map(({ name, value }) => [name, value]));
}

/** `op local rerun`: a new run of the same plan, or the rest of one that failed, in its own directory. */
export async function rerun(
  context: Context,
  request: Running & { readonly failed: boolean },
  words: readonly string[],
  fetchImage: FetchImage,
): Promise<void> {
  const parallel = parallelOf(request.parallel);
  const home = homeOf(context, request.state);
  const old = await readRun(home, oneName(words, 'rerun'));
  const plan: RunPlan = JSON.parse(await readFile(filesOf(old.directory).request, 'utf8'));
  if (!request.failed) {
    const again = { ...plan, name: generateName(`${plan.name.replace(/-r-[a-z0-9]{5}$/u, '')}-r-`) };
    await executeNew(context, { plan: again, home, parallel, output: request.output, fetchImage });
    return;
  }
  const [{ status }] = old.object.status.conditions;
  if (old.pid !== undefined || status === 'True') {
    throw inputError({
      what: `run ${old.name} cannot go on`,
      why: status === 'True' ? 'it has succeeded' : `process ${old.pid} executes it`,
      hint: 'leave out --failed to do it again as a new run',
    });
  }
  await rm(filesOf(old.directory).cancel, { force: true });
  const kept = plan.kind === 'TaskRun' ? [] : succeeded(old.taskRuns);
  await execute(context, { plan, home, directory: old.directory, parallel, output: request.output, kept, fetchImage });
}

/** TaskRuns of those tasks whose TaskRuns have all succeeded. */
function succeeded(taskRuns: readonly TaskRunObject[]): readonly TaskRunObject[] {
  const task = ({ metadata }: TaskRunObject) => metadata.labels['tekton.dev/pipelineTask'];
  const bad = new Set(taskRuns.filter((run) => run.status.conditions[0].status !== 'True').map(task));
  return taskRuns.filter((run) => !bad.has(task(run)));
}

interface Start {
  readonly plan: RunPlan;
  readonly home: Home;
  readonly directory: string;
  readonly parallel: number;
  readonly output: Form;
  readonly kept: readonly TaskRunObject[];
  readonly breakpoints?: ReadonlySet<string>;
  readonly fetchImage: FetchImage;
}

/** A run whose object has not come to disk has not begun: its directory goes, so that it can be started again. */
async function executeNew(context: Context, start: Omit<Start, 'directory' | 'kept'>): Promise<RunObject> {
  const { plan, home } = start;
  const directory = await createRun(home, plan.name);
  const files = filesOf(directory);
  try {
    await writeAtomic(files.request, `${JSON.stringify(plan)}\n`, 0o600);
    return await execute(context, { ...start, directory, kept: [] });
  } catch (error) {
    if (existsSync(files.pipelineRun) || existsSync(files.taskRun)) throw error;
    await removeTree(context, directory);
    throw isNoSpace(error) ? diskFull(`cannot start the run ${plan.name}`, home, 'start it again', error) : error;
  }
}

const diskFull = (what: string, { root }: Home, then: string, cause: Error) =>
  toolError({
    what: `${what}: there is no space for its files`,
    why: `the disk with ${root} is full, or your quota is used up`,
    hint: `free some space, such as with op local delete, or name another place with --state; then ${then}`,
    cause,
  });

async function execute(outer: Context, { output, breakpoints = new Set(), ...start }: Start): Promise<RunObject> {
  // op waits most of the time, and its garbage would pile up until V8 needs to look. V8 asks for this flag at each collection.
  setFlagsFromString('--optimize-for-size');
  const { plan, directory } = start;
  const files = filesOf(directory);
  await mkdir(files.taskRuns, { recursive: true });
  await claimRun(directory);
  const writable = plan.bindings.flatMap(({ source }) =>
    source.kind === 'directory' && source.shared ? [source.path] : [],
  );
  const PATH = await providePrograms(outer, files.programs, thisOp(), writable);
  const text = output === 'text';
  outer.log.step(`run ${plan.name} in ${directory}`);
  const display = displayOf(outer, text);
  const context = { ...outer, log: display.log, env: { ...outer.env, PATH, OP_LOCAL: 'true' } };
  const before = stopBefore(context, breakpoints, display.quiet);
  let ended: Ended;
  try {
    ended = await executeRun(context, { ...start, runTask: display.watched(runTask), show: display.show, before });
  } catch (error) {
    const goOn = `op local rerun --failed ${plan.name} goes on from here`;
    throw isNoSpace(error) ? diskFull(`run ${plan.name} was stopped`, start.home, goOn, error) : error;
  } finally {
    display.stop();
    await rm(files.executor, { force: true });
  }
  const { object, taskRuns } = ended;
  if (!text) outer.out(printed(object, output));
  else outer.out(`\n${taskTable(object, taskRuns, outer.now())}`);
  judge(object, taskRuns, plan.name, outer);
  return object;
}

/** The exit code of a run. */
function judge(object: RunObject, taskRuns: readonly TaskRunObject[], name: string, { log }: Context): void {
  const [{ status, reason, message }] = object.status.conditions;
  const { results = [] } = object.status;
  for (const { name: result, value } of results) log.step(`${result}=${valueInLine(value)}`);
  if (status === 'True') {
    log.step(`${reason}: ${message}`);
    return;
  }
  const late = /Timeout$/u.test(reason);
  const steps = taskRuns.flatMap((run) => run.status.steps ?? []);
  const shell = steps.some(({ terminated }) => terminated !== undefined && terminated.exitCode !== 0)
    ? `op local shell ${name} opens a shell in the step that failed; `
    : '';
  throw (late ? deadlineError : toolError)({
    what: `run ${name}: ${reason}`,
    why: message,
    hint: `op local describe ${name} shows each task; ${shell}op local rerun --failed ${name} goes on from here`,
  });
}

function dryRun(context: Context, plan: RunPlan, output: Form): void {
  context.out(printed(plan, output === 'json' ? 'json' : 'yaml'));
}

function parallelOf(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  if (/^[1-9]\d{0,3}$/u.test(text)) return Number(text);
  throw usageError({
    what: `--parallel=${text} is not a number`,
    why: 'it is a whole number, 1 or more',
    hint: 'use --parallel=4',
  });
}
