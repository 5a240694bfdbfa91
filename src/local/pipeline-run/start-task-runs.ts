import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../op/context.js';
import { entryOf } from '../../op/kit/files/path.js';
import { removeTree } from '../../op/kit/files/remove-tree.js';
import { milliseconds } from '../../tekton/duration.js';
import type { WireWorkspaceBinding } from '../../tekton/wire/run.js';
import type { WireParam } from '../../tekton/wire/task.js';
import { toYaml } from '../../tekton/yaml/emit.js';
import type { BoundWorkspace, ParamValues, TaskRunRequest, TaskRunStatus } from '../contract.js';
import { taskIndexRefused } from '../plan/array-index.js';
import { type Refused, taskParamsRefused, withDefaults } from '../plan/params.js';
import { taskRunNames } from '../runs/child-name.js';
import { filesOf } from '../runs/home.js';
import { type ObjectDirectories, volumesFor } from '../runs/object-files.js';
import type { Output } from '../runs/output.js';
import { writerOf } from '../runs/writer.js';
import { timestamp } from '../task-run/go-time.js';
import { thisMachine } from '../task-run/host-image.js';
import { paramVariables, substituteAll } from '../variables/substitute.js';
import { type Binding, toWire } from '../workspaces/binding.js';
import { type Made, workspaceFor } from '../workspaces/make.js';
import { type Identity, taskRunLabels } from './describe.js';
import type { Execution } from './execute.js';
import type { TaskRunState } from './objects.js';
import { defaultTimeout, finallyTimeout, type RunPlan, tasksTimeout } from './run-plan.js';
import type { Effects } from './scheduler.js';
import { withStepActions } from './step-actions.js';
import { newTaskRun, runToEnd, type Slots, timeoutOf } from './task-run.js';
import { ignoresFailure, type StartedRun, type TaskState } from './task-state.js';

/** What all TaskRuns of a run share. */
export interface Surroundings {
  readonly identity: Identity;
  readonly made: Made;
  readonly objects: ObjectDirectories;
  readonly output: Output;
  readonly slots: Slots;
  /** The TaskRuns that work or are being written down, for whoever waits for all. */
  readonly working: Set<Promise<void>>;
  /** op itself failed. */
  readonly fail: (error: unknown) => void;
}

/** Makes the TaskRuns of a PipelineTask, and starts each as soon as a slot is free. */
export function startTaskRuns(context: Context, execution: Execution, around: Surroundings): Effects['start'] {
  const { plan } = execution;
  return (state, paramLists, ended) => {
    const names = plan.kind === 'TaskRun' ? [plan.name] : taskRunNames(plan.name, state.name, paramLists.length);
    return names.map((name, index) => {
      const run = newRun(context, execution, around, state, name, paramLists[index] ?? []);
      const work = perform(context, execution, around, state, run)
        .then(ended, around.fail)
        .finally(() => around.working.delete(work));
      around.working.add(work);
      return run;
    });
  };
}

/** The directory of a TaskRun. */
const taskRunDirectory = ({ plan, directory }: Execution, name: string): string =>
  plan.kind === 'TaskRun' ? directory : entryOf(filesOf(directory).taskRuns, name);

function newRun(
  context: Context,
  { plan }: Execution,
  { identity, made }: Surroundings,
  state: TaskState,
  name: string,
  params: readonly WireParam[],
): StartedRun {
  const { task, taskName } = state;
  const now = context.now();
  const workspaces = boundTo(state, made).map(({ name: own, subPath, from }): WireWorkspaceBinding => {
    const { binding } = from;
    const path = [binding.subPath, subPath].filter(Boolean).join('/');
    return { ...toWire(binding), name: own, ...(path === '' ? {} : { subPath: path }) };
  });
  const owner = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    name: plan.name,
    uid: identity.uid,
    controller: true,
  };
  const object = newTaskRun(
    {
      metadata: {
        name,
        namespace: plan.namespace,
        uid: randomUUID(),
        creationTimestamp: timestamp(now),
        labels: taskRunLabels(plan, state),
        ...(plan.kind === 'TaskRun' ? {} : { ownerReferences: [{ ...owner, blockOwnerDeletion: true }] }),
      },
      spec: {
        ...(params.length === 0 ? {} : { params }),
        ...(task.retries === undefined ? {} : { retries: task.retries }),
        ...(taskName === ''
          ? { taskSpec: state.spec }
          : { taskRef: state.fetched?.ref ?? { kind: 'Task', name: taskName } }),
        timeout: timeoutOf(timeoutFor(plan, state)),
        ...(workspaces.length === 0 ? {} : { workspaces }),
      },
    },
    now,
  );
  return { object: { ...object, status: { ...object.status, ...provenanceOf(state) } }, stop: new AbortController() };
}

/** `status.provenance`, if the Task was fetched. */
const provenanceOf = ({ fetched }: TaskState) =>
  fetched === undefined ? {} : { provenance: { refSource: fetched.refSource } };

/** A status with where the Task and the StepActions come from. */
function withProvenance(state: TaskState, status: TaskRunStatus): TaskRunStatus {
  const steps = status.steps.map((step, index) => {
    const refSource = state.stepSources?.[index];
    return refSource === undefined ? step : { ...step, provenance: { refSource } };
  });
  return { ...status, steps, ...provenanceOf(state) };
}

/** Source: createTaskRun and pipelineRunTimeout of pipelinerun.go. */
function timeoutFor(plan: RunPlan, { name, task, final }: TaskState): number {
  const own = plan.taskTimeouts[name] ?? (task.timeout === undefined ? undefined : milliseconds(task.timeout));
  if (own !== undefined) return own;
  const whole = final ? finallyTimeout(plan.timeouts) : tasksTimeout(plan.timeouts);
  return whole !== undefined && (whole === 0 || whole > defaultTimeout) ? whole : defaultTimeout;
}

/** The workspaces of a task, with where each comes from; optional ones that are not bound are left out. */
function boundTo({ task }: TaskState, made: Made) {
  return (task.workspaces ?? []).flatMap(({ name, workspace, subPath }) => {
    const from = made.get(workspace || name);
    return from === undefined ? [] : [{ name, subPath, from }];
  });
}

/** A default Tekton keeps the pods of a claim on one node, and so gives a TaskRun one claim. Source: ValidateOnlyOnePVCIsUsed of pkg/workspace. */
function claimsRefused(bindings: readonly Binding[]): Refused | undefined {
  const claims = bindings.flatMap(({ name, source }) =>
    source.kind === 'claim' ? [`claim ${source.claim}`] : source.kind === 'new' ? [`new ${name}`] : [],
  );
  if (new Set(claims).size < 2) return undefined;
  return { reason: 'TaskRunValidationFailed', message: '[User error] more than one PersistentVolumeClaim is bound' };
}

/** A TaskRun that Tekton refuses before it makes a pod; it is not tried again. */
function refusedStatus({ reason, message }: Refused, now: Date): TaskRunState {
  const time = timestamp(now);
  const condition = { type: 'Succeeded', status: 'False', reason, message, lastTransitionTime: time } as const;
  return { conditions: [condition], podName: '', startTime: time, completionTime: time };
}

async function perform(
  context: Context,
  execution: Execution,
  around: Surroundings,
  state: TaskState,
  run: StartedRun,
): Promise<void> {
  const { plan, runTask } = execution;
  const { name, uid, namespace } = run.object.metadata;
  const directory = taskRunDirectory(execution, name);
  if (plan.kind === 'PipelineRun') await removeTree(context, directory);
  await using writer = writerOf(filesOf(directory).taskRun, () => toYaml(run.object));
  writer.changed();
  // A run is on disk before any of its steps starts.
  if (plan.kind === 'TaskRun') await writer.settled();
  const workspaces: Record<string, BoundWorkspace> = {};
  for (const { name: own, subPath, from } of boundTo(state, around.made)) {
    workspaces[own] = await workspaceFor(from, subPath, entryOf(join(directory, 'workspaces'), own));
  }
  const given: ParamValues = Object.fromEntries(
    (run.object.spec.params ?? []).map(({ name: key, value }) => [key, value]),
  );
  const specs = state.spec.params ?? [];
  const refused =
    claimsRefused(boundTo(state, around.made).map(({ from }) => from.binding)) ??
    taskParamsRefused(state.taskName, specs, run.object.spec.params ?? []) ??
    taskIndexRefused(state.spec, run.object.spec.params ?? []);
  if (refused !== undefined) {
    run.object = { ...run.object, status: refusedStatus(refused, context.now()) };
    return writer.changed();
  }
  const params = withDefaults(specs, given);
  const volumes = substituteAll(state.spec.volumes, paramVariables(params));
  const request: TaskRunRequest = {
    name,
    taskName: state.taskName,
    pipelineTask: plan.kind === 'TaskRun' ? undefined : state.name,
    pipelineRun: plan.kind === 'TaskRun' ? undefined : plan.name,
    namespace,
    uid,
    spec: withStepActions(state.spec, state.actions, params),
    params,
    workspaces,
    volumes: await volumesFor(volumes, plan.files, execution.home, join(directory, 'objects')),
    ...around.objects,
    timeoutMs: timeoutFor(plan, state),
    retryCount: 0,
    failureIgnored: ignoresFailure(state),
    directory,
    state: execution.home.root,
    programs: filesOf(execution.directory).programs,
    hostImage: thisMachine(plan.hostImages, !plan.ownImages),
    credentials: plan.credentials[state.name] ?? [],
    ...(execution.fetchImage && { fetchImage: execution.fetchImage }),
    ...(plan.store === undefined ? {} : { store: plan.store }),
  };
  await mkdir(directory, { recursive: true });
  await writeFile(filesOf(directory).given, JSON.stringify(request), { mode: 0o600 });
  const { before } = execution;
  await runToEnd({
    run,
    request,
    retries: state.task.retries ?? 0,
    slots: around.slots,
    now: context.now,
    changed: writer.changed,
    steps: async (request, signal) => {
      const line = (text: Parameters<Execution['show']>[0]) =>
        around.output.line(directory, { ...text, task: state.name });
      const status = await runTask({ ...context, signal }, request, {
        line,
        step: (step) => {
          const { steps: known = [] } = run.object.status;
          const others = known.filter((one) => one.name !== step.name);
          run.object = { ...run.object, status: { ...run.object.status, steps: [...others, step] } };
          writer.changed();
        },
        ...(before && { before: (...step) => before(state.name, ...step) }),
      });
      return withProvenance(state, status);
    },
  });
}
