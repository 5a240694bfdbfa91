import {
  param,
  result,
  type Sidecar,
  type Step,
  type TaskScope,
  task,
  toTask,
  workspace,
} from '../../../src/tekton/index.js';
import { image, run, steps } from '../author.js';
import { absent, type Mistake, mistake, refused, step, taskObject, untypable } from '../mistake.js';

const withSidecars = (sidecars: (scope: TaskScope<None, None, None>) => readonly Sidecar[]) =>
  task('sample', { sidecars, steps: () => [run] });
type None = Record<never, never>;
const base = { steps: [step] };

/** What Tekton refuses of a Task as a whole: names, params, results, workspaces, volumes, sidecars. */
export const taskMistakes: readonly Mistake[] = [
  mistake(
    'a Task without steps',
    taskObject({ steps: [] }),
    'missing field(s): spec.steps',
    refused(() => steps(), 'steps: is empty; a Task needs at least one step'),
  ),
  mistake(
    'a field that Tekton does not know',
    taskObject({ steps: [{ ...step, resources: {} }] }),
    'unknown field "resources"',
    refused(() => steps({ ...run, resources: {} } as Step), 'steps[0] run: unknown field "resources"'),
  ),
  mistake(
    'a Task name that is no DNS name',
    taskObject(base, 'Git_Clone'),
    'invalid resource name',
    refused(
      () => toTask(task('Git_Clone', { steps: () => [run] })),
      'task/Git_Clone: the name "Git_Clone" is not a DNS name',
    ),
  ),
  mistake(
    'a Task name of 64 characters',
    taskObject(base, 'a'.repeat(64)),
    'no more than 63 characters',
    refused(
      () => toTask(task('a'.repeat(64), { steps: () => [run] })),
      'the name has 64 characters; Tekton accepts at most 63',
    ),
  ),
  mistake(
    'a param name that starts with a digit',
    taskObject({ ...base, params: [{ name: '1st' }] }),
    'variable names is invalid: [1st]',
    refused(
      () => toTask(task('sample', { params: { '1st': param.string() }, steps: () => [run] })),
      'params.1st: the param name "1st" is not allowed',
    ),
  ),
  mistake(
    'a dot in the name of an object param',
    taskObject({ ...base, params: [{ name: 'git.repo', type: 'object', properties: { url: {} } }] }),
    'Object param name and key name format is invalid',
    refused(
      () => toTask(task('sample', { params: { 'git.repo': param.object({ url: 'string' }) }, steps: () => [run] })),
      'params.git.repo: the param name "git.repo" is not allowed',
    ),
  ),
  mistake(
    'a dot in a key of an object param',
    taskObject({ ...base, params: [{ name: 'repo', type: 'object', properties: { 'a.b': {} } }] }),
    'Object param name and key name format is invalid',
    refused(
      () => toTask(task('sample', { params: { repo: param.object({ 'a.b': 'string' }) }, steps: () => [run] })),
      'params.repo.properties: the key "a.b" is not allowed',
    ),
  ),
  mistake(
    'two params with one name',
    taskObject({ ...base, params: [{ name: 'url' }, { name: 'url' }] }),
    'parameter appears more than once',
    absent('they are the keys of one object'),
  ),
  mistake(
    'a param type that does not exist',
    taskObject({ ...base, params: [{ name: 'n', type: 'number' }] }),
    'invalid value: number',
    untypable(
      // @ts-expect-error
      () => task('sample', { params: { n: { type: 'number', need: 'required' } }, steps: () => [run] }),
    ),
  ),
  mistake(
    'a default of another type than its param',
    taskObject({ ...base, params: [{ name: 'files', type: 'array', default: 'a' }] }),
    'type does not match default',
    untypable(
      // @ts-expect-error
      () => param.array({ default: 'a' }),
    ),
  ),
  mistake(
    'an object param without properties',
    taskObject({ ...base, params: [{ name: 'repo', type: 'object' }] }),
    'missing field(s): spec.repo.properties',
    untypable(
      // @ts-expect-error
      () => param.object(),
    ),
  ),
  mistake(
    'an object param with a property that is no string',
    taskObject({ ...base, params: [{ name: 'repo', type: 'object', properties: { url: { type: 'array' } } }] }),
    'value type specified for these keys [url] is invalid',
    untypable(
      // @ts-expect-error
      () => param.object({ url: 'array' }),
    ),
  ),
  mistake(
    'an enum, which a default install has switched off',
    taskObject({ ...base, params: [{ name: 'mode', enum: ['fast', 'slow'] }] }),
    'enable-param-enum',
    absent('oneOf is checked at synth and by the step; no enum is written'),
  ),
  mistake(
    'a result name that ends in a dash',
    taskObject({ ...base, results: [{ name: 'digest-' }] }),
    'invalid key name "digest-"',
    refused(
      () => toTask(task('sample', { results: { 'digest-': result.string() }, steps: () => [run] })),
      'results.digest-: the result name "digest-" is not allowed',
    ),
  ),
  mistake(
    'a result type that does not exist',
    taskObject({ ...base, results: [{ name: 'n', type: 'number' }] }),
    'invalid value: number',
    untypable(
      // @ts-expect-error
      () => task('sample', { results: { n: { type: 'number' } }, steps: () => [run] }),
    ),
  ),
  mistake(
    'an object result without properties',
    taskObject({ ...base, results: [{ name: 'image', type: 'object' }] }),
    'missing field(s): spec.results[0].image.properties',
    untypable(
      // @ts-expect-error
      () => result.object(),
    ),
  ),
  mistake(
    'an object result with a property that is no string',
    taskObject({ ...base, results: [{ name: 'image', type: 'object', properties: { tags: { type: 'array' } } }] }),
    'value type specified for these keys [tags] is invalid',
    untypable(
      // @ts-expect-error
      () => result.object({ tags: 'array' }),
    ),
  ),
  mistake(
    'a result value that names no step',
    taskObject({ ...base, results: [{ name: 'digest', value: '$(results.digest.path)' }] }),
    'Could not extract step name and result name',
    refused(
      () =>
        toTask(
          task('sample', {
            results: { digest: result.string() },
            steps: ({ results }) => ({ steps: [run], results: { digest: results.digest.path } }),
          }),
        ),
      'results.digest: is not a result of a step of this Task',
    ),
  ),
  mistake(
    'two workspaces with one name',
    taskObject({ ...base, workspaces: [{ name: 'source' }, { name: 'source' }] }),
    'workspace name "source" must be unique',
    absent('they are the keys of one object'),
  ),
  mistake(
    'two workspaces at one path',
    taskObject({
      ...base,
      workspaces: [
        { name: 'source', mountPath: '/data' },
        { name: 'cache', mountPath: '/data/' },
      ],
    }),
    'workspace mount path "/data" must be unique',
    refused(
      () =>
        toTask(
          task('sample', {
            workspaces: { source: workspace({ mountPath: '/data' }), key: workspace.secret({ mountPath: '/data/' }) },
            steps: () => [run],
          }),
        ),
      'workspaces.key: something else is also mounted at "/data/"',
    ),
  ),
  mistake(
    'a workspace at the path of a volume',
    taskObject({
      steps: [{ ...step, volumeMounts: [{ name: 'v', mountPath: '/data' }] }],
      volumes: [{ name: 'v', emptyDir: {} }],
      workspaces: [{ name: 'source', mountPath: '/data' }],
    }),
    'workspace mount path "/data" must be unique',
    refused(
      () =>
        toTask(
          task('sample', {
            workspaces: { source: workspace({ mountPath: '/data' }) },
            volumes: [{ name: 'v', emptyDir: {} }],
            steps: () => [{ ...run, volumeMounts: [{ name: 'v', mountPath: '/data' }] }],
          }),
        ),
      'workspaces.source: something else is also mounted at "/data"',
    ),
  ),
  mistake(
    'a workspace at the path of a volume of the step template',
    taskObject({
      ...base,
      stepTemplate: { volumeMounts: [{ name: 'v', mountPath: '/workspace/source' }] },
      volumes: [{ name: 'v', emptyDir: {} }],
      workspaces: [{ name: 'source' }],
    }),
    'workspace mount path "/workspace/source" must be unique',
    refused(
      () =>
        toTask(
          task('sample', {
            workspaces: { source: workspace() },
            volumes: [{ name: 'v', emptyDir: {} }],
            stepTemplate: { volumeMounts: [{ name: 'v', mountPath: '/workspace/source' }] },
            steps: () => [run],
          }),
        ),
      'workspaces.source: something else is also mounted at "/workspace/source"',
    ),
  ),
  mistake(
    'two volumes with one name',
    taskObject({
      ...base,
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'v', emptyDir: {} },
      ],
    }),
    'multiple volumes with same name "v"',
    refused(
      () =>
        toTask(
          task('sample', {
            volumes: [
              { name: 'v', emptyDir: {} },
              { name: 'v', emptyDir: {} },
            ],
            steps: () => [run],
          }),
        ),
      'volumes[1] v: another volume is already named "v"',
    ),
  ),
  mistake(
    'a sidecar with the name Tekton keeps for itself',
    taskObject({ ...base, sidecars: [{ name: 'tekton-log-results', image: 'a:1' }] }),
    'cannot use reserved sidecar name',
    refused(
      () =>
        toTask(
          task('sample', { sidecars: [{ name: 'tekton-log-results', image, command: ['op'] }], steps: () => [run] }),
        ),
      'sidecars[0] tekton-log-results: the name "tekton-log-results" is reserved by Tekton',
    ),
  ),
  mistake(
    'a sidecar without an image',
    taskObject({ ...base, sidecars: [{ name: 'db' }] }),
    'missing field(s): spec.sidecars.image',
    refused(
      () => toTask(task('sample', { sidecars: [{ name: 'db', command: ['op'] }], steps: () => [run] })),
      'sidecars[0] db > image: is missing',
    ),
  ),
  mistake(
    'a sidecar with a script and a command',
    taskObject({ ...base, sidecars: [{ name: 'db', image: 'a:1', script: 'x', command: ['y'] }] }),
    'script cannot be used with command',
    refused(
      () =>
        toTask(task('sample', { sidecars: [{ name: 'db', image, script: 'x', command: ['y'] }], steps: () => [run] })),
      'sidecars[0] db > script: is set together with command',
    ),
  ),
  mistake(
    'a sidecar with a workspace that the Task does not declare',
    taskObject({ ...base, sidecars: [{ name: 'db', image: 'a:1', workspaces: [{ name: 'nope', mountPath: '/x' }] }] }),
    'undefined workspace "nope"',
    untypable(
      // @ts-expect-error
      () => withSidecars(({ workspaces }) => [{ name: 'db', image, workspaces: [workspaces.nope] }]),
    ),
  ),
];
