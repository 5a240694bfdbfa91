import {
  flag,
  type Output,
  type PipelineRunOptions,
  type PipelineScope,
  param,
  pipeline,
  pipelineRun,
  result,
  type Step,
  step,
  type TaskScope,
  task,
  taskRun,
  text,
  toPipeline,
  toPipelineRun,
  toTask,
  toTaskRun,
  workspace,
} from '../../src/tekton/index.js';

/** Valid definitions; each row of the parity table changes one thing in them. */
export const image = `registry.example/op:1@sha256:${'0'.repeat(64)}`;
export const run = { name: 'run', image, command: ['op'] } as const;

export const build = task('build', {
  params: { a: param.string({ default: '' }) },
  results: { x: result.string() },
  steps: ({ params, results }) => [
    { ...run, args: ['build', flag('a', params.a), flag('result', text`x=${results.x.path}`)] },
  ],
});

export const fanned = task('test', {
  params: { target: param.string(), os: param.string({ default: '' }), cpu: param.string({ default: '' }) },
  results: { digest: result.string(), files: result.array() },
  steps: () => [run],
});

export const many = task('many', { params: { list: param.array() }, steps: () => [run] });

export const reading = task('read', {
  workspaces: { source: workspace(), key: workspace.secret({ optional: true }) },
  steps: () => [run],
});

/** The Task with only these steps, rendered. */
export const steps = (...list: readonly Step[]): unknown => toTask(task('sample', { steps: () => list }));

const params = { files: param.array(), repo: param.object({ url: 'string' }), text: param.string() };
type Declared = typeof params;
type None = Record<never, never>;

/** The Task that declares a list, an object and a text, and writes its steps with them, rendered. */
export const scoped = (write: (scope: TaskScope<Declared, None, None>) => readonly Step[]): unknown =>
  toTask(task('sample', { params, steps: write }));

/** The Pipeline that declares the same, with these nodes, rendered. */
// biome-ignore lint/suspicious/noConfusingVoidType: a body without results returns nothing
export const pipelineOf = (body: (p: PipelineScope<Declared, None>) => Record<string, Output> | void): unknown =>
  toPipeline(pipeline('sample', { params }, (p) => body(p) ?? {}));

/** A node of another Pipeline, whose values do not belong here. */
export function stray() {
  let node: ReturnType<typeof add> | undefined;
  const add = (p: PipelineScope<None, None>) => p.task('elsewhere', build);
  pipeline('other', {}, (p) => {
    node = add(p);
  });
  if (node === undefined) throw new Error('the body of a Pipeline was not run');
  return node;
}

/** A PipelineRun with these options, rendered. */
export const pipelineRunWith = (options: PipelineRunOptions): unknown =>
  toPipelineRun(
    pipelineRun(
      'sample',
      pipeline('deliver', {}, (p) => void p.task('a', build)),
      options,
    ),
  );

/** A TaskRun of the Task that reads a workspace, with this binding, rendered. */
export const bound = (
  source: Parameters<typeof taskRun<None, None, (typeof reading)['workspaces']>>[2]['workspaces']['source'],
): unknown => toTaskRun(taskRun('sample', reading, { workspaces: { source } }));

/** A step that gives one result to later steps. */
export const probe = step('probe', { a: result.string() }, () => ({ image, command: ['op'] }));
