import { inputError } from '../../op/kit/errors/op-error.js';
import { milliseconds } from '../../tekton/duration.js';
import type { ObjectMeta } from '../../tekton/wire/pod.js';
import type { WireParam, WireParamSpec, WireRef } from '../../tekton/wire/task.js';
import type { LocalPipeline, LocalTask, ParamValues } from '../contract.js';
import type { Documents } from '../documents/read.js';
import { defaultTimeout, type RunPlan, type Timeouts } from '../pipeline-run/run-plan.js';
import { generateName } from '../runs/store.js';
import { type Binding, bindingOf } from '../workspaces/binding.js';
import type { Target } from './find-target.js';
import { pipelineOf, taskFinder } from './read-input.js';

/** What is to run, before anything is looked up in it. */
export interface Wanted {
  readonly kind: RunPlan['kind'];
  readonly name: string;
  /** Empty for an embedded spec. */
  readonly pipelineName: string;
  /** For a TaskRun, one with its task only. */
  readonly pipeline: LocalPipeline;
  readonly declared: readonly WireParamSpec[];
  readonly params: ParamValues;
  readonly bindings: readonly Binding[];
  readonly labels: Readonly<Record<string, string>>;
  readonly timeouts: Timeouts;
  /** Timeouts that the run gives to its tasks, by name. */
  readonly taskTimeouts: Readonly<Record<string, number>>;
}

const nothing = { params: {}, bindings: [], labels: {}, timeouts: { pipeline: defaultTimeout }, taskTimeouts: {} };

const valuesOf = (params: readonly WireParam[] = []): ParamValues =>
  Object.fromEntries(params.map(({ name, value }) => [name, value]));

/** @throws OpError (input) for a reference to what is not there */
export function describeTarget(target: Target, documents: Documents, prefix: string | undefined): Wanted {
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
    case 'Task':
      return { ...nothing, ...ofTask(target.task), name: newName(target.task.name) };
    case 'PipelineRun': {
      const { spec, metadata, source } = target.run;
      const pipeline = pipelineOf(target.run, documents);
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
        name: nameOf(metadata, prefix),
        pipelineName: spec.pipelineSpec === undefined ? pipeline.name : '',
        pipeline,
        declared: pipeline.spec.params ?? [],
        params: valuesOf(spec.params),
        bindings: (spec.workspaces ?? []).map((one, index) => bindingOf(one, `${source}: spec.workspaces[${index}]`)),
        labels: metadata.labels ?? {},
        timeouts: { pipeline: defaultTimeout, ...Object.fromEntries(limits) },
        taskTimeouts: Object.fromEntries(own),
      };
    }
    case 'TaskRun': {
      const { spec, metadata, source } = target.run;
      const task = taskOf(spec.taskRef, spec.taskSpec, metadata.name ?? metadata.generateName ?? '', source, documents);
      const wrapped = ofTask(task, spec.retries, spec.timeout, spec.taskSpec !== undefined);
      return {
        ...nothing,
        ...wrapped,
        name: nameOf(metadata, prefix),
        params: valuesOf(spec.params),
        bindings: (spec.workspaces ?? []).map((one, index) => bindingOf(one, `${source}: spec.workspaces[${index}]`)),
        labels: metadata.labels ?? {},
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

/** A Pipeline around a Task, for a TaskRun. */
function ofTask({ name, spec, source }: LocalTask, retries?: number, timeout?: string, embedded = false) {
  const workspaces = spec.workspaces ?? [];
  const task = {
    name,
    ...(embedded ? { taskSpec: spec } : { taskRef: { name } }),
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

function taskOf(
  ref: WireRef | undefined,
  spec: LocalTask['spec'] | undefined,
  name: string,
  source: string,
  documents: Documents,
): LocalTask {
  if (spec !== undefined) return { name, spec, source };
  const found = ref === undefined ? undefined : taskFinder(documents)(ref);
  if (found !== undefined && 'spec' in found) return found;
  throw inputError({
    what: `${source}: TaskRun ${name} has no Task`,
    why: found?.what ?? 'it has neither a taskRef nor a taskSpec',
    hint: found?.hint ?? 'give it one of them',
  });
}
