import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../op/context.js';
import { inputError, toolError, usageError } from '../../op/kit/errors/op-error.js';
import type { FetchImage, TaskRunRequest } from '../contract.js';
import type { TaskRunObject } from '../pipeline-run/objects.js';
import type { RunPlan } from '../pipeline-run/run-plan.js';
import { filesOf, type Home } from '../runs/home.js';
import { providePrograms, thisOp } from '../runs/programs.js';
import { readRun, type StoredRun } from '../runs/store.js';
import { thisMachine } from '../task-run/host-image.js';
import { stepContainer } from '../task-run/pod-paths.js';
import { enterStep } from '../task-run/run-task.js';
import { hasTerminal, openInStep, personsShell, promptOf } from './open-shell.js';

/**
 * `op local shell RUN [TASK/STEP] [-- COMMAND…]`: a shell, or a command, in a step as it was when it ended: its files, environment and
 * paths. Without a step it is the one that failed.
 */
export async function openShell(
  context: Context,
  home: Home,
  words: readonly string[],
  fetchImage: FetchImage,
): Promise<void> {
  const [name, place, ...command] = words;
  if (name === undefined) {
    throw usageError({
      what: 'op local shell needs the name of a run',
      why: 'no name is given',
      hint: 'run op local list for the names, then op local shell RUN TASK/STEP',
    });
  }
  if (command.length === 0 && !hasTerminal()) {
    throw usageError({
      what: 'op local shell has no terminal for the shell',
      why: 'its input or output is a file or a pipe',
      hint: `run it in a terminal, or name a command: op local shell ${name} TASK/STEP -- ls -l`,
    });
  }
  const run = await readRun(home, name);
  const { taskRun, step } = placeIn(run, place);
  const request = { ...(await givenTo(run, taskRun)), fetchImage };
  const PATH = await providePrograms(context, filesOf(run.directory).programs, thisOp());
  const inside = { ...context, env: { ...context.env, PATH } };
  const shown = `${taskOf(taskRun)}/${step}`;
  const program = command.length > 0 ? command : personsShell;
  const opened = await enterStep(inside, request, step, program, promptOf(context, shown));
  if (opened === undefined) throw new Error(`the TaskRun ${taskRun.metadata.name} has no step ${step}`);
  if (command.length === 0) context.log.step(`in ${shown} of ${name}; its directory is ${request.directory}`);
  const exitCode = await openInStep(context, shown, opened);
  if (command.length === 0 || exitCode === 0) return;
  throw toolError({
    what: `${command.join(' ')} ended with ${exitCode}`,
    why: `it ran in ${shown} of ${name}`,
    hint: `op local shell ${name} ${shown} opens a shell there`,
  });
}

const taskOf = ({ metadata }: TaskRunObject) => metadata.labels['tekton.dev/pipelineTask'] ?? metadata.name;

/** The steps of a TaskRun: those that its status has, also when it never came to them. */
function stepsOf({ status }: TaskRunObject) {
  const declared = (status.taskSpec?.steps ?? []).map((step, index) =>
    stepContainer(step.name, index).replace(/^step-/u, ''),
  );
  return declared.length > 0 ? declared : (status.steps ?? []).map((step) => step.name);
}

/** @param place `TASK/STEP`, the name of a TaskRun in place of TASK, or `STEP` if only one task has it */
function placeIn(
  run: StoredRun,
  place: string | undefined,
): { readonly taskRun: TaskRunObject; readonly step: string } {
  const all = run.taskRuns.flatMap((taskRun) => stepsOf(taskRun).map((step) => ({ taskRun, step })));
  const known = all.map(({ taskRun, step }) => `${taskOf(taskRun)}/${step}`);
  const hint = known.length === 0 ? 'op local describe shows what became of it' : `use one of ${known.join(', ')}`;
  if (place === undefined) {
    const failed = all.find(({ taskRun, step }) => {
      const state = taskRun.status.steps?.find((one) => one.name === step);
      return (state?.terminated?.exitCode ?? 0) !== 0 && state?.terminationReason !== 'Skipped';
    });
    if (failed !== undefined) return failed;
    throw inputError({
      what: `it is not clear where in ${run.name} to open a shell`,
      why: 'no step of it failed',
      hint,
    });
  }
  const found = all.filter(({ taskRun, step }) =>
    [step, `${taskOf(taskRun)}/${step}`, `${taskRun.metadata.name}/${step}`].includes(place),
  );
  const [only, ...more] = found;
  if (only !== undefined && more.length === 0) return only;
  const names = found.map(({ taskRun, step }) => `${taskRun.metadata.name}/${step}`);
  throw inputError({
    what: `${place} is not one step of ${run.name}`,
    why: only === undefined ? 'no TaskRun of it has that step' : `there are ${names.join(', ')}`,
    hint: only === undefined ? hint : 'use one of these',
  });
}

/** What the newest attempt of a TaskRun was started with. */
async function givenTo(run: StoredRun, { metadata, status }: TaskRunObject): Promise<TaskRunRequest> {
  if (run.pid !== undefined && status.conditions[0].status === 'Unknown') {
    throw inputError({
      what: `${metadata.name} is still running`,
      why: `process ${run.pid} executes it, and a shell would change what it works with`,
      hint: `wait, or run op local cancel ${run.name}; to stop before a step, use op local start --break TASK/STEP`,
    });
  }
  const directory =
    run.object.kind === 'TaskRun' ? run.directory : join(filesOf(run.directory).taskRuns, metadata.name);
  const text = await readFile(filesOf(directory).given, 'utf8').catch((cause: unknown) => {
    throw inputError({
      what: `there is nothing to open a shell in: ${metadata.name}`,
      why: 'it never started',
      hint: `op local describe ${run.name} shows why`,
      cause,
    });
  });
  const request: TaskRunRequest = JSON.parse(text);
  const plan: RunPlan = JSON.parse(await readFile(filesOf(run.directory).request, 'utf8'));
  return {
    ...request,
    hostImage: thisMachine(plan.hostImages, !plan.ownImages),
    retryCount: status.retriesStatus?.length ?? 0,
  };
}
