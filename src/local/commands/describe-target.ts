import { inputError } from '../../op/kit/errors/op-error.js';
import { milliseconds } from '../../tekton/duration.js';
import type { ObjectMeta } from '../../tekton/wire/pod.js';
import type { WireParam, WireParamSpec, WireRef } from '../../tekton/wire/task.js';
import type { LocalPipeline, LocalTask, ParamValues, Variables } from '../contract.js';
import { inParams } from '../pipeline-run/replace.js';
import { defaultTimeout, type FetchedBy, type RunPlan, type Timeouts } from '../pipeline-run/run-plan.js';
import { ownAnnotations } from '../pipelines-as-code/annotations.js';
import { type Finder, isFound } from '../remote/find.js';
import type { ObjectKind, ReferenceProblem } from '../remote/reference.js';
import { generateName } from '../runs/store.js';
import { contextVariables, joinVariables } from '../variables/names.js';
import { paramVariables } from '../variables/substitute.js';
import { type Binding, bindingOf } from '../workspaces/binding.js';
import type { Target } from './find-target.js';

/** What is to run, before anything is looked up in it. */
export interface Wanted {
  readonly kind: RunPlan['kind'];
  readonly name: string;
  /** Empty for an embedded spec. */
  readonly pipelineName: string;
  /** For a TaskRun, one with its task only. */
  readonly pipeline: LocalPipeline;
  /** Present if the Pipeline was fetched. */
  readonly fetched?: FetchedBy | undefined;
  readonly declared: readonly WireParamSpec[];
  readonly params: ParamValues;
  readonly bindings: readonly Binding[];
  readonly labels: Readonly<Record<string, string>>;
  readonly timeouts: Timeouts;
  /** Timeouts that the run gives to its tasks, by name. */
  readonly taskTimeouts: Readonly<Record<string, number>>;
  /** The ServiceAccount of the run, and those that it gives to tasks by name. */
  readonly account: string;
  readonly taskAccounts: Readonly<Record<string, string>>;
}

const nothing = {
  params: {},
  bindings: [],
  labels: {},
  timeouts: { pipeline: defaultTimeout },
  taskTimeouts: {},
  account: 'default',
  taskAccounts: {},
};

const valuesOf = (params: readonly WireParam[] = []): ParamValues =>
  Object.fromEntries(params.map(({ name, value }) => [name, value]));

/** What a run is told beside its document. */
export interface Told {
  readonly prefix?: string | undefined;
  /** The params of a run with those of the command line, before their declarations are known. */
  readonly params: (ofRun: ParamValues) => Promise<ParamValues>;
}

/** @throws OpError (input) for a reference to what is not there */
export async function describeTarget(target: Target, finder: Finder, { prefix, params: given }: Told): Promise<Wanted> {
  const newName = (base: string) => generateName(`${prefix ?? `${base}-run`}-`);
  switch (target.kind) {
    case 'Pipeline': {
      const { pipeline } = target;
      const { name, spec } = pipeline;
      return {
        ...nothing,
        kind: 'PipelineRun',
        name: newName(name),
        pipelineName: name,
        pipeline,
        declared: spec.params ?? [],
      };
    }
    case 'Task': {
      const { name } = target.task;
      return { ...nothing, ...ofTask(target.task, undefined, undefined, { name }), name: newName(name) };
    }
    case 'PipelineRun': {
      const { spec, metadata, source } = target.run;
      const name = nameOf(generated(metadata), prefix);
      const params = valuesOf(spec.params);
      const { pipeline, fetched } = await pipelineOf(target.run, name, await given(params), finder);
      const { timeouts = {}, taskRunSpecs = [] } = spec;
      const limits = Object.entries(timeouts).map(
        ([key, text]) => [key, limitOf(text ?? '', `${source}: spec.timeouts.${key}`)] as const,
      );
      const own = taskRunSpecs.flatMap(({ pipelineTaskName, timeout }) =>
        timeout === undefined
          ? []
          : [[pipelineTaskName, limitOf(timeout, `${source}: spec.taskRunSpecs ${pipelineTaskName}`)] as const],
      );
      return {
        kind: 'PipelineRun',
        name,
        pipelineName: spec.pipelineSpec === undefined ? pipeline.name : '',
        pipeline,
        fetched,
        declared: pipeline.spec.params ?? [],
        params,
        bindings: (spec.workspaces ?? []).map((one, index) => bindingOf(one, `${source}: spec.workspaces[${index}]`)),
        labels: metadata.labels ?? {},
        timeouts: { pipeline: defaultTimeout, ...Object.fromEntries(limits) },
        taskTimeouts: Object.fromEntries(own),
        account: spec.taskRunTemplate?.serviceAccountName || 'default',
        taskAccounts: Object.fromEntries(
          taskRunSpecs.flatMap(({ pipelineTaskName, serviceAccountName: account }) =>
            account ? [[pipelineTaskName, account] as const] : [],
          ),
        ),
      };
    }
    case 'TaskRun': {
      const { spec, metadata, source } = target.run;
      const name = nameOf(metadata, prefix);
      const params = valuesOf(spec.params);
      const task = await taskOf(target.run, name, await given(params), finder);
      const wrapped = ofTask(task, spec.retries, spec.timeout, spec.taskRef);
      return {
        ...nothing,
        ...wrapped,
        name,
        params,
        bindings: (spec.workspaces ?? []).map((one, index) => bindingOf(one, `${source}: spec.workspaces[${index}]`)),
        labels: metadata.labels ?? {},
        account: spec.serviceAccountName || 'default',
      };
    }
  }
}

function limitOf(text: string, path: string): number {
  const value = text === '0' ? 0 : milliseconds(text);
  if (value !== undefined) return value;
  throw inputError({
    what: `${path}: ${text} is not a duration`,
    why: 'it has no unit that is known',
    hint: 'use one such as 1h30m',
  });
}

const nameOf = ({ name, generateName: start = '' }: ObjectMeta, prefix: string | undefined) =>
  prefix !== undefined ? generateName(`${prefix}-`) : (name ?? generateName(start));

/** Pipelines-as-Code gives each run a name of its own. Source: resolveRemoteResources of pkg/resolve/remote.go. */
const generated = (metadata: ObjectMeta): ObjectMeta => {
  if (metadata.name === undefined || ownAnnotations(metadata.annotations) === undefined) return metadata;
  return { generateName: metadata.generateName ?? `${metadata.name}-` };
};

/** A Pipeline around a Task, for a TaskRun. @param ref undefined for an embedded spec */
function ofTask(
  { name, spec, source }: LocalTask,
  retries: number | undefined,
  timeout: string | undefined,
  ref: WireRef | undefined,
) {
  const workspaces = spec.workspaces ?? [];
  const task = {
    name,
    ...(ref === undefined ? { taskSpec: spec } : { taskRef: ref }),
    ...(retries === undefined ? {} : { retries }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(workspaces.length === 0 ? {} : { workspaces: workspaces.map((workspace) => ({ name: workspace.name })) }),
  };
  const pipeline: LocalPipeline = {
    name,
    source,
    spec: { tasks: [task], ...(workspaces.length === 0 ? {} : { workspaces }) },
  };
  return { kind: 'TaskRun', pipelineName: '', pipeline, declared: spec.params ?? [] } as const;
}

/** What a TaskRun knows before it starts, for the params of resolvers. Source: GetTaskFunc of taskref.go. */
export function taskRunVariables(name: string, params: ParamValues): Variables {
  const taskRun = { name, namespace: 'default', uid: '' };
  return withoutUid(joinVariables(paramVariables(params), contextVariables({ taskRun })));
}

/** There is no uid before a run starts. */
export const withoutUid = (variables: Variables): Variables =>
  new Map([...variables].filter(([key]) => !/^context\.\w+Run\.uid$/u.test(key)));

const replaced = (ref: WireRef, variables: Variables): WireRef =>
  ref.params === undefined ? ref : { ...ref, params: inParams(ref.params, variables) };

type RunOf<Kind> = Extract<Target, { readonly kind: Kind }> extends { readonly run: infer Run } ? Run : never;

/** The Pipeline of a PipelineRun. @throws OpError (input) when it is not there */
export async function pipelineOf(
  { metadata, spec, source }: RunOf<'PipelineRun'>,
  name: string,
  params: ParamValues,
  { find }: Finder,
): Promise<{ readonly pipeline: LocalPipeline; readonly fetched?: FetchedBy | undefined }> {
  const own = metadata.name ?? metadata.generateName ?? '';
  const { pipelineSpec, pipelineRef = {} } = spec;
  if (pipelineSpec !== undefined) return { pipeline: { name: own, spec: pipelineSpec, source } };
  const pipelineRun = { name, namespace: 'default', uid: '' };
  const known = joinVariables(paramVariables(params, 'pipeline'), contextVariables({ pipelineRun }));
  const ref = replaced(pipelineRef, withoutUid(known));
  const pipeline = await find('Pipeline', ref, true);
  if (!isFound(pipeline)) throw notFound('Pipeline', `PipelineRun ${own}`, source, 'pipelineRef', pipeline);
  const { refSource } = pipeline;
  return { pipeline, ...(refSource === undefined ? {} : { fetched: { ref, refSource } }) };
}

async function taskOf(
  { metadata, spec, source }: RunOf<'TaskRun'>,
  name: string,
  params: ParamValues,
  { find }: Finder,
): Promise<LocalTask> {
  const own = metadata.name ?? metadata.generateName ?? '';
  if (spec.taskSpec !== undefined) return { name: own, spec: spec.taskSpec, source };
  const task = await find('Task', replaced(spec.taskRef ?? {}, taskRunVariables(name, params)), true);
  if (isFound(task)) return task;
  throw notFound('Task', `TaskRun ${own}`, source, 'taskRef', task);
}

const notFound = (kind: ObjectKind, run: string, source: string, field: string, problem: ReferenceProblem) =>
  inputError({
    what: `${source}: the ${kind} of ${run} cannot be used`,
    why: `${['spec', field, problem.path].filter(Boolean).join('.')}: ${problem.what}`,
    hint: problem.hint || 'say where it is with -f FILE or -f DIR',
  });
