/** Pipelines that run on the test cluster and locally, in short forms: most of their tasks are one line of a shell. */
import type { RunEnd } from '../../../src/local/pipeline-run/objects.js';
import type { WireValue } from '../../../src/tekton/wire/task.js';

/** The shell of the test cluster; locally, images named `busybox` are this machine. */
export const image = 'localhost:5000/rig/busybox:1';

/** Fields that Tekton may know or not. */
export type Fields = Readonly<Record<string, unknown>>;

/** A run, and what it is compared for. */
export interface PipelineCase {
  /** The name of the run: unique among all cases. */
  readonly name: string;
  readonly run: Fields;
  /** Objects that it refers to. */
  readonly others: readonly Fields[];
  /** What is written into its `spec.status` as soon as its first step runs. */
  readonly end?: RunEnd;
  /** Parts that differ, by path, each with the reason: they are compared no further, and must differ. */
  readonly differs?: Readonly<Record<string, string>>;
}

type Values = Readonly<Record<string, WireValue>>;
type Kind = 'string' | 'array' | 'object';

const kindOf = (value: WireValue | undefined): Kind =>
  value === undefined || typeof value === 'string' ? 'string' : Array.isArray(value) ? 'array' : 'object';

const keys = { a: { type: 'string' }, b: { type: 'string' } };
const declared = (name: string, type: Kind) => ({ name, type, ...(type === 'object' ? { properties: keys } : {}) });

/** Params as a run or a task gives them. */
export const values = (params: Values) => Object.entries(params).map(([name, value]) => ({ name, value }));

/** Params or results as they are declared; an object has the keys `a` and `b`. */
export const specs = (types: Readonly<Record<string, Kind>>) =>
  Object.entries(types).map(([name, type]) => declared(name, type));

/** Params with defaults. */
export const defaults = (params: Values) =>
  Object.entries(params).map(([name, value]) => ({ ...declared(name, kindOf(value)), default: value }));

const sh = (command: string) => ['sh', '-ec', command];
export const step = (name: string, command: string, more: Fields = {}) => ({
  name,
  image,
  command: sh(command),
  ...more,
});

/** `spec` of a Task with one step. */
export const taskSpec = (command: string | readonly Fields[], more: Fields = {}): Fields => ({
  ...more,
  steps: typeof command === 'string' ? [step('main', command)] : command,
});

export interface TaskParts {
  /** What the task is given; its Task declares params of these types. */
  readonly params?: Values;
  readonly results?: Readonly<Record<string, Kind>>;
  /** More of its Task. */
  readonly spec?: Fields;
  /** More of the task itself. */
  readonly more?: Fields;
}

/** A task of a Pipeline: a command for a shell, or steps. */
export function task(name: string, command: string | readonly Fields[], parts: TaskParts = {}): Fields {
  const { params = {}, results = {}, spec = {}, more = {} } = parts;
  const types = Object.fromEntries(Object.entries(params).map(([param, value]) => [param, kindOf(value)]));
  const own = {
    ...(Object.keys(types).length === 0 ? {} : { params: specs(types) }),
    ...(Object.keys(results).length === 0 ? {} : { results: specs(results) }),
    ...spec,
  };
  return {
    name,
    ...(Object.keys(params).length === 0 ? {} : { params: values(params) }),
    taskSpec: taskSpec(command, own),
    ...more,
  };
}

/** A task that writes results: `NAME=TEXT`, without the newline. */
export const writes = (name: string, results: Readonly<Record<string, string>>, parts: TaskParts = {}) =>
  task(
    name,
    Object.entries(results)
      .map(([result, text]) => `printf '%s' '${text}' > $(results.${result}.path)`)
      .join('\n'),
    {
      ...parts,
      results: { ...Object.fromEntries(Object.keys(results).map((key) => [key, 'string'])), ...parts.results },
    },
  );

export const result = (of: string, name: string) => `$(tasks.${of}.results.${name})`;
export const is = (input: string, ...among: readonly string[]) => ({ input, operator: 'in', values: among });
export const isNot = (input: string, ...among: readonly string[]) => ({ input, operator: 'notin', values: among });
export const after = (...tasks: readonly string[]) => ({ runAfter: tasks });

type More = Pick<PipelineCase, 'end' | 'differs'> & {
  /** More of the run. */
  readonly run?: Fields;
  readonly others?: readonly Fields[];
};

const runOf = (kind: 'PipelineRun' | 'TaskRun', name: string, spec: Fields, more: More): PipelineCase => ({
  name,
  run: { apiVersion: 'tekton.dev/v1', kind, metadata: { name }, spec: { ...spec, ...more.run } },
  others: more.others ?? [],
  ...(more.end && { end: more.end }),
  ...(more.differs && { differs: more.differs }),
});

/** A PipelineRun with its Pipeline in it. */
export const pipelineRun = (name: string, pipelineSpec: Fields, more: More = {}): PipelineCase =>
  runOf('PipelineRun', name, { pipelineSpec }, more);

/** A PipelineRun of a Pipeline that may or may not be among `others`. */
export const pipelineRunOf = (name: string, pipeline: string, more: More = {}): PipelineCase =>
  runOf('PipelineRun', name, { pipelineRef: { name: pipeline } }, more);

/** A TaskRun with its Task in it. */
export const taskRun = (name: string, spec: Fields, more: More = {}): PipelineCase =>
  runOf('TaskRun', name, { taskSpec: spec }, more);

/** An object that runs refer to. */
export const object = (kind: 'Task' | 'Pipeline', name: string, spec: Fields): Fields => ({
  apiVersion: 'tekton.dev/v1',
  kind,
  metadata: { name },
  spec,
});
export const stepAction = (name: string, spec: Fields): Fields => ({
  apiVersion: 'tekton.dev/v1beta1',
  kind: 'StepAction',
  metadata: { name },
  spec: { image, ...spec },
});
export const configMap = (name: string, data: Fields): Fields => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});
export const secret = (name: string, stringData: Fields): Fields => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
});
