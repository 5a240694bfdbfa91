import type { WireMatrix, WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireParam } from '../../tekton/wire/task.js';
import { toYaml } from '../../tekton/yaml/emit.js';
import type { Condition, ParamValues } from '../contract.js';
import { goDuration, timestamp } from '../task-run/go-time.js';
import { substitute } from '../variables/substitute.js';
import { toWire } from '../workspaces/binding.js';
import type { ChildReference, PipelineRunObject } from './objects.js';
import type { RunPlan, Timeouts } from './run-plan.js';
import type { Progress } from './scheduler.js';
import type { TaskState } from './task-state.js';

/** What a run is apart from its plan. */
export interface Identity {
  readonly uid: string;
  readonly started: Date;
}

export const toParams = (values: ParamValues): readonly WireParam[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

/** `labels` of a TaskRun, as Tekton sets them. */
export function taskRunLabels(
  plan: RunPlan,
  { name, taskName, task, final }: TaskState,
): Readonly<Record<string, string>> {
  const spec = task.taskSpec?.metadata?.labels ?? {};
  const ofTask = taskName === '' ? {} : { 'tekton.dev/task': taskName };
  const managed = { 'app.kubernetes.io/managed-by': 'op-local' };
  if (plan.kind === 'TaskRun') return { ...plan.labels, ...managed, ...ofTask };
  return {
    ...plan.labels,
    ...spec,
    ...managed,
    'tekton.dev/memberOf': final ? 'finally' : 'tasks',
    'tekton.dev/pipeline': plan.pipelineName || plan.name,
    'tekton.dev/pipelineRun': plan.name,
    'tekton.dev/pipelineTask': name,
    ...ofTask,
  };
}

function timeouts({ pipeline, tasks, finally: last }: Timeouts) {
  return {
    pipeline: goDuration(pipeline),
    ...(tasks === undefined ? {} : { tasks: goDuration(tasks) }),
    ...(last === undefined ? {} : { finally: goDuration(last) }),
  };
}

/** What {@link pipelineRunObject} needs to know of a run's course. */
export interface Course {
  readonly progress: Progress | undefined;
  readonly finallyStarted: Date | undefined;
  /** When the condition changed last. */
  readonly changed: Date;
  readonly ended: Date | undefined;
  readonly results: NonNullable<PipelineRunObject['status']['results']>;
}

/** The PipelineRun as it is now. */
export function pipelineRunObject(plan: RunPlan, identity: Identity, course: Course): PipelineRunObject {
  const { progress, finallyStarted, ended, results, changed } = course;
  const outcome = progress?.outcome ?? { status: 'Unknown', reason: 'Started', message: '' };
  const condition: Condition = { type: 'Succeeded', ...outcome, lastTransitionTime: timestamp(changed) };
  const children = (progress?.tasks ?? []).flatMap(childReferences);
  const skipped = progress?.skipped() ?? [];
  const params = toParams(plan.params);
  const workspaces = plan.bindings.map(toWire);
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name: plan.name,
      namespace: plan.namespace,
      uid: identity.uid,
      creationTimestamp: timestamp(identity.started),
      labels: { ...plan.labels, 'tekton.dev/pipeline': plan.pipelineName || plan.name },
    },
    spec: {
      ...(plan.pipelineName === ''
        ? { pipelineSpec: plan.spec }
        : { pipelineRef: plan.fetched?.ref ?? { name: plan.pipelineName } }),
      ...(params.length === 0 ? {} : { params }),
      ...(workspaces.length === 0 ? {} : { workspaces }),
      timeouts: timeouts(plan.timeouts),
    },
    status: {
      conditions: [condition],
      startTime: timestamp(identity.started),
      ...(finallyStarted === undefined ? {} : { finallyStartTime: timestamp(finallyStarted) }),
      ...(ended === undefined ? {} : { completionTime: timestamp(ended) }),
      ...(children.length === 0 ? {} : { childReferences: children }),
      ...(skipped.length === 0 ? {} : { skippedTasks: skipped }),
      ...(results.length === 0 ? {} : { results }),
      pipelineSpec: plan.spec,
      ...(plan.fetched === undefined ? {} : { provenance: { refSource: plan.fetched.refSource } }),
    },
  };
}

/**
 * What makes the file of a PipelineRun, at any time of its course. Most of it is the plan, which stays: that is made once.
 * @param start its course at the start
 */
export function pipelineRunYaml(plan: RunPlan, identity: Identity, start: Course): (course: Course) => string {
  const { status, ...others } = pipelineRunObject(plan, identity, start);
  const { pipelineSpec, provenance } = status;
  const head = toYaml(others);
  const end = toYaml({ status: { pipelineSpec, provenance } }).replace(/^status:\n/u, '');
  return (course) => {
    const { pipelineSpec: _spec, provenance: _provenance, ...now } = pipelineRunObject(plan, identity, course).status;
    return head + toYaml({ status: now }) + end;
  };
}

function childReferences({ name, task, runs, shownWhen }: TaskState): readonly ChildReference[] {
  const when = shownWhen ?? task.when ?? [];
  return runs.map(({ object }) => {
    const displayName = displayNameOf(task, object.spec.params ?? []);
    return {
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      name: object.metadata.name,
      pipelineTaskName: name,
      ...(displayName === '' ? {} : { displayName }),
      ...(when.length === 0 ? {} : { whenExpressions: when }),
    };
  });
}

/** With the values of the TaskRun; or the names of the rows of a matrix that it is made of. Source: getDisplayName of pipelinerunstate.go. */
function displayNameOf({ displayName = '', matrix }: WirePipelineTask, params: readonly WireParam[]): string {
  const texts = params.flatMap(({ name, value }) => (typeof value === 'string' ? [[name, value] as const] : []));
  const values = new Map(texts);
  const variables = new Map(texts.map(([name, value]) => [`params.${name}`, value]));
  const fits = ({ params: row = [] }: NonNullable<WireMatrix['include']>[number]) =>
    row.every(({ name, value }) => values.has(name) && (typeof value !== 'string' || values.get(name) === value));
  const rows = (matrix?.include ?? []).flatMap((row) =>
    row.name && fits(row) ? [substitute(row.name, variables)] : [],
  );
  return rows.join(' ').trim() || substitute(displayName, variables);
}
