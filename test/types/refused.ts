/**
 * Authoring mistakes that the compiler finds. This file is compiled by `tsc -p tsconfig.json`, and each
 * `@ts-expect-error` fails the build when the mistake below it becomes possible. The line `mistake:` is its entry in
 * README.md. What the compiler says is tested in messages.test.ts.
 */
import {
  type ArrayRef,
  eq,
  flag,
  param,
  pipeline,
  pipelineRun,
  result,
  type StringRef,
  sh,
  stepAction,
  stepFrom,
  task,
  taskRun,
  text,
  workspace,
} from '../../src/tekton/index.js';

const image = 'registry.example.com/tools:1@sha256:0000000000000000000000000000000000000000000000000000000000000000';
const run = { name: 'run', image, command: ['true'] } as const;

const clone = task('clone', {
  params: { url: param.string(), depth: param.string({ default: '1' }) },
  results: { commit: result.string(), files: result.array(), image: result.object({ url: 'string' }) },
  workspaces: { output: workspace(), login: workspace.secret({ optional: true }) },
  steps: () => [run],
});

const build = task('build', {
  params: {
    commit: param.string(),
    mode: param.oneOf(['fast', 'full'], { default: 'fast' }),
    files: param.array({ default: [] }),
    image: param.object({ url: 'string' }, { default: { url: '' } }),
    wait: param.duration({ default: '10m' }),
  },
  results: { digest: result.string() },
  steps: () => [run],
});

const greet = stepAction('greet', {
  params: { who: param.string() },
  step: ({ params }) => ({ image, command: ['echo'], args: [params.who] }),
});

// mistake: a param that the Task does not declare, in a step
task('t', {
  params: { url: param.string() },
  // @ts-expect-error
  steps: ({ params }) => [{ ...run, args: [params.uri] }],
});

// mistake: a result that the Task does not declare, in a step
task('t', {
  results: { commit: result.string() },
  // @ts-expect-error
  steps: ({ results }) => [{ ...run, args: [results.comit.path] }],
});

// mistake: a workspace that the Task does not declare, in a step
task('t', {
  workspaces: { source: workspace() },
  // @ts-expect-error
  steps: ({ workspaces }) => [{ ...run, args: [workspaces.src.path] }],
});

// mistake: a key that an object param does not have
task('t', {
  params: { image: param.object({ url: 'string' }) },
  // @ts-expect-error
  steps: ({ params }) => [{ ...run, args: [params.image.digest] }],
});

// mistake: an array as one argument
task('t', {
  params: { files: param.array() },
  // @ts-expect-error
  steps: ({ params }) => [{ ...run, args: [params.files] }],
});

// mistake: an array in a shell word
task('t', {
  params: { files: param.array() },
  // @ts-expect-error
  steps: ({ params }) => [{ name: 'run', image, script: sh`cat ${params.files}` }],
});

// mistake: an array joined into a text
task('t', {
  params: { files: param.array() },
  // @ts-expect-error
  steps: ({ params }) => [{ ...run, args: [text`--files=${params.files}`] }],
});

// mistake: a flag with its dashes
task('t', {
  params: { url: param.string() },
  // @ts-expect-error
  steps: ({ params }) => [{ ...run, args: [flag('--url', params.url)] }],
});

// mistake: an image that is a reference
task('t', {
  params: { image: param.string() },
  // @ts-expect-error
  steps: ({ params }) => [{ name: 'run', image: params.image, command: ['true'] }],
});

// mistake: a step with neither command nor script
task('t', {
  // @ts-expect-error
  steps: () => [{ name: 'run', image }],
});

// mistake: a step with command and script
task('t', {
  // @ts-expect-error
  steps: () => [{ name: 'run', image, command: ['true'], script: 'true' }],
});

// mistake: a step without a name
task('t', {
  // @ts-expect-error
  steps: () => [{ image, command: ['true'] }],
});

// mistake: alpha: stdoutConfig of a step
task('t', {
  // @ts-expect-error
  steps: () => [{ name: 'run', image, command: ['true'], stdoutConfig: { path: 'out' } }],
});

// mistake: an onError of a step that does not exist
task('t', {
  // @ts-expect-error
  steps: () => [{ name: 'run', image, command: ['true'], onError: 'ignore' }],
});

// mistake: a time limit without a unit
task('t', {
  // @ts-expect-error
  steps: () => [{ name: 'run', image, command: ['true'], timeout: '10' }],
});

// mistake: a quantity that Kubernetes cannot read
task('t', {
  // @ts-expect-error
  steps: () => [{ name: 'run', image, command: ['true'], computeResources: { limits: { memory: '1GB' } } }],
});

// mistake: a param declared twice
task('t', {
  params: {
    // biome-ignore lint/suspicious/noDuplicateObjectKeys: this is the mistake
    url: param.string(),
    // @ts-expect-error
    url: param.array(),
  },
  steps: () => [run],
});

// mistake: a result declared twice
task('t', {
  results: {
    // biome-ignore lint/suspicious/noDuplicateObjectKeys: this is the mistake
    commit: result.string(),
    // @ts-expect-error
    commit: result.array(),
  },
  steps: () => [run],
});

// mistake: alpha: enum of a param
task('t', {
  // @ts-expect-error
  params: { mode: param.string({ enum: ['fast'] }) },
  steps: () => [run],
});

// mistake: a default of another type
task('t', {
  // @ts-expect-error
  params: { files: param.array({ default: 'a' }) },
  steps: () => [run],
});

// mistake: a default that is not among the allowed values
// @ts-expect-error
param.oneOf(['fast', 'full'], { default: 'slow' });

// mistake: a default that is not a duration
// @ts-expect-error
param.duration({ default: '10 minutes' });

// mistake: a default that lacks a key
// @ts-expect-error
param.object({ url: 'string', digest: 'string' }, { default: { url: '' } });

// mistake: a key of an object that is not a string
// @ts-expect-error
param.object({ count: 'number' });

// mistake: a field of a Task that does not exist
task('t', {
  // @ts-expect-error
  step: () => [run],
  steps: () => [run],
});

// mistake: a StepAction that does not get its param
// @ts-expect-error
stepFrom('greet', greet, {});

// mistake: a StepAction that gets an unknown param
// @ts-expect-error
stepFrom('greet', greet, { params: { who: 'you', whom: 'you' } });

pipeline(
  'p',
  {
    params: { url: param.string(), targets: param.array() },
    workspaces: { source: workspace(), cache: workspace({ optional: true }), keys: workspace.secret() },
  },
  (p) => {
    const source = { workspaces: { output: p.workspaces.source } };
    const cloned = p.task('clone', clone, { params: { url: p.params.url }, ...source });
    const built = p.task('build', build, { params: { commit: cloned.results.commit } });
    const last = p.finally('last', build, { params: { commit: cloned.status } });

    // mistake: an unknown param of a Task
    // @ts-expect-error
    p.task('n', clone, { params: { url: 'x', dept: '1' }, ...source });

    // mistake: a missing param of a Task
    // @ts-expect-error
    p.task('n', clone, { params: { depth: '1' }, ...source });

    // mistake: no params where one is required
    // @ts-expect-error
    p.task('n', build);

    // mistake: a number for a string param
    // @ts-expect-error
    p.task('n', clone, { params: { url: 'x', depth: 1 }, ...source });

    // mistake: an array for a string param
    // @ts-expect-error
    p.task('n', clone, { params: { url: cloned.results.files }, ...source });

    // mistake: a string for an array param
    // @ts-expect-error
    p.task('n', build, { params: { commit: 'x', files: cloned.results.commit } });

    // mistake: an object with other keys
    // @ts-expect-error
    p.task('n', build, { params: { commit: 'x', image: { uri: 'x' } } });

    // mistake: a value that is not among those allowed
    // @ts-expect-error
    p.task('n', build, { params: { commit: 'x', mode: 'slow' } });

    // mistake: a param that is not a duration
    // @ts-expect-error
    p.task('n', build, { params: { commit: 'x', wait: 'soon' } });

    // mistake: an unknown result of a Task
    // @ts-expect-error
    p.task('n', build, { params: { commit: cloned.results.comit } });

    // mistake: a param that the Pipeline does not declare
    // @ts-expect-error
    p.task('n', build, { params: { commit: p.params.uri } });

    // mistake: a missing workspace
    // @ts-expect-error
    p.task('n', clone, { params: { url: 'x' } });

    // mistake: an unknown workspace of a Task
    // @ts-expect-error
    p.task('n', clone, { params: { url: 'x' }, workspaces: { output: p.workspaces.source, out: p.workspaces.source } });

    // mistake: a workspace that the Pipeline does not declare
    // @ts-expect-error
    p.task('n', clone, { params: { url: 'x' }, workspaces: { output: p.workspaces.sources } });

    // mistake: an optional workspace for a required one
    // @ts-expect-error
    p.task('n', clone, { params: { url: 'x' }, workspaces: { output: p.workspaces.cache } });

    // mistake: a workspace for a volume where a Secret is wanted
    const { source: output } = p.workspaces;
    // @ts-expect-error
    p.task('n', clone, { params: { url: 'x' }, workspaces: { output, login: output } });

    // mistake: a status outside of finally
    // @ts-expect-error
    p.task('n', build, { params: { commit: cloned.status } });

    // mistake: a result of finally in a task
    // @ts-expect-error
    p.task('n', build, { params: { commit: last.results.digest } });

    // mistake: a result of finally in finally
    // @ts-expect-error
    p.finally('n', build, { params: { commit: last.results.digest } });

    // mistake: after a node of finally
    // @ts-expect-error
    p.task('n', build, { params: { commit: 'x' }, after: [last] });

    // mistake: after in finally
    // @ts-expect-error
    p.finally('n', build, { params: { commit: 'x' }, after: [built] });

    // mistake: runAfter with a name
    // @ts-expect-error
    p.task('n', build, { params: { commit: 'x' }, runAfter: ['clone'] });

    // mistake: a matrix over a string
    // @ts-expect-error
    p.matrix('n', build, { over: { commit: p.params.url } });

    // mistake: a matrix over an array param
    // @ts-expect-error
    p.matrix('n', build, { over: { files: p.params.targets }, params: { commit: 'x' } });

    // mistake: a param both in the matrix and in params
    // @ts-expect-error
    p.matrix('n', build, { over: { commit: p.params.targets }, params: { commit: 'x' } });

    // mistake: a matrix that leaves a param out
    // @ts-expect-error
    p.matrix('n', build, { over: { mode: p.params.targets } });

    // mistake: one result of a matrix as a string
    const fanned = p.matrix('fan', build, { over: { commit: p.params.targets } });
    // @ts-expect-error
    p.task('n', build, { params: { commit: fanned.results.digest } });

    // mistake: a condition on an array
    // @ts-expect-error
    p.task('n', build, { params: { commit: 'x' }, when: eq(p.params.targets, 'x') });

    // mistake: a condition on a status outside of finally
    // @ts-expect-error
    p.task('n', build, { params: { commit: 'x' }, when: eq(cloned.status, 'Failed') });

    // mistake: a cycle: the value of a node before the node exists
    // @ts-expect-error
    // biome-ignore lint/correctness/noInvalidUseBeforeDeclaration: this is the mistake
    const round = p.task('n', build, { params: { commit: round.results.digest } });

    // mistake: a status as result of the Pipeline
    // @ts-expect-error
    const status: StringRef<'pipeline' | 'pipeline result only'> = cloned.status;

    // mistake: a param of the Pipeline in a step of a Task
    // @ts-expect-error
    task('t', { steps: () => [{ ...run, args: [p.params.url] }] });

    return { status, whole: round as ArrayRef<'pipeline'> };
  },
);

const ci = pipeline(
  'ci',
  { params: { url: param.string() }, workspaces: { source: workspace(), keys: workspace.secret() } },
  (p) => {
    p.task('clone', clone, { params: { url: p.params.url }, workspaces: { output: p.workspaces.source } });
  },
);
const bound = { source: { emptyDir: {} }, keys: { secret: 'keys' } } as const;

// mistake: a run that lacks a param
// @ts-expect-error
pipelineRun('r', ci, { workspaces: bound });

// mistake: a run that lacks a workspace
// @ts-expect-error
pipelineRun('r', ci, { params: { url: 'x' }, workspaces: { keys: bound.keys } });

// mistake: a run that binds a claim where a Secret is wanted
// @ts-expect-error
pipelineRun('r', ci, { params: { url: 'x' }, workspaces: { ...bound, keys: { persistentVolumeClaim: 'data' } } });

// mistake: a run that gives a reference
pipeline('q', { params: { url: param.string() } }, (p) => {
  p.task('build', build, { params: { commit: 'x' } });
  // @ts-expect-error
  pipelineRun('r', ci, { params: { url: p.params.url }, workspaces: bound });
});

// mistake: a TaskRun with an unknown param
// @ts-expect-error
taskRun('r', build, { params: { commit: 'x', comit: 'x' } });

// mistake: an image of a step that comes from a param
task('t', {
  params: { image: param.string() },
  // @ts-expect-error
  steps: ({ params }) => [{ ...run, image: params.image }],
});
