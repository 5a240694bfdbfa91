import {
  flag,
  oneOf,
  param,
  result,
  type Step,
  sh,
  stepAction,
  stepFrom,
  step as stepWith,
  task,
  text,
  toTask,
} from '../../../src/tekton/index.js';
import { image, probe, run, scoped, steps } from '../author.js';
import { absent, type Mistake, mistake, refused, step, taskObject, untypable } from '../mistake.js';

const withStep = (fields: object, spec: object = {}) => taskObject({ ...spec, steps: [{ ...step, ...fields }] });
const withRef = (fields: object) => taskObject({ steps: [{ name: 'run', ref: { name: 'action' }, ...fields }] });
const script = (text: string, spec: object = {}) =>
  taskObject({ ...spec, steps: [{ name: 'run', image: step.image, script: text }] });
const action = stepAction('action', { step: () => ({ image, command: ['op'] }) });
const files = { params: [{ name: 'files', type: 'array' }] };
const repo = { params: [{ name: 'repo', type: 'object', properties: { url: {} } }] };

/** What Tekton refuses of a step, and of references in one. */
export const stepMistakes: readonly Mistake[] = [
  mistake(
    'a step without an image',
    taskObject({ steps: [{ name: 'run', command: ['op'] }] }),
    'missing field(s): spec.steps[0].Image',
    refused(() => steps({ name: 'run', command: ['op'] }), 'steps[0] run > image: is missing'),
  ),
  mistake(
    'a step with a script and a command',
    withStep({ script: 'x' }),
    'script cannot be used with command',
    untypable(
      // @ts-expect-error
      () => steps({ ...run, script: 'x' }),
    ),
  ),
  mistake(
    'a step name that is no DNS label',
    withStep({ name: 'Build_It' }),
    'invalid value "Build_It"',
    refused(() => steps({ ...run, name: 'Build_It' }), 'steps[0] Build_It: the name "Build_It" is not a DNS label'),
  ),
  mistake(
    'a step name of 64 characters',
    withStep({ name: 'a'.repeat(64) }),
    'must be a valid DNS Label',
    refused(() => steps({ ...run, name: 'a'.repeat(64) }), 'the name has 64 characters; Tekton accepts at most 63'),
  ),
  mistake(
    'two steps with one name',
    taskObject({ steps: [step, step] }),
    'expected exactly one, got both: spec.steps[1].name',
    refused(() => steps(run, run), 'steps[1] run: another step is already named "run"'),
  ),
  mistake(
    'an onError that does not exist',
    withStep({ onError: 'ignore' }),
    'Task step onError must be either',
    untypable(
      // @ts-expect-error
      () => steps({ ...run, onError: 'ignore' }),
    ),
  ),
  mistake(
    'a negative step timeout',
    withStep({ timeout: '-5s' }),
    'negative timeout',
    refused(() => steps({ ...run, timeout: '-5s' }), 'steps[0] run > timeout: "-5s" is not a duration'),
  ),
  mistake(
    'a step timeout that is no duration',
    withStep({ timeout: '5 minutes' }),
    'unknown unit',
    untypable(
      // @ts-expect-error
      () => steps({ ...run, timeout: '5 minutes' }),
    ),
  ),
  mistake(
    'a mount under /tekton',
    withStep({ volumeMounts: [{ name: 'v', mountPath: '/tekton/bin' }] }),
    'cannot be mounted under /tekton/',
    refused(
      () => steps({ ...run, volumeMounts: [{ name: 'v', mountPath: '/tekton/bin' }] }),
      'steps[0] run > volumeMounts[0].mountPath: "/tekton/bin" is reserved by Tekton',
    ),
  ),
  mistake(
    'a mount of a volume of Tekton itself',
    withStep({ volumeMounts: [{ name: 'tekton-internal-bin', mountPath: '/x' }] }),
    'cannot start with "tekton-internal-"',
    refused(
      () => steps({ ...run, volumeMounts: [{ name: 'tekton-internal-bin', mountPath: '/x' }] }),
      'steps[0] run > volumeMounts[0].name: "tekton-internal-bin" is reserved by Tekton',
    ),
  ),
  mistake(
    'a step workspace that the Task does not declare',
    withStep({ workspaces: [{ name: 'nope', mountPath: '/x' }] }),
    'undefined workspace "nope"',
    untypable(
      // @ts-expect-error
      () => scoped(({ workspaces }) => [{ ...run, workspaces: [workspaces.nope] }]),
    ),
  ),
  mistake(
    'a Windows script',
    script('#!win powershell\nGet-Item .'),
    'windows script support',
    refused(
      () => steps({ name: 'run', image, script: '#!win powershell\nGet-Item .' }),
      'steps[0] run > script: Windows scripts are alpha: a default Tekton install refuses them (enable-api-fields: alpha)',
    ),
  ),
  mistake(
    'a step stdout file',
    withStep({ stdoutConfig: { path: '/tmp/out' } }),
    'step stdout stream support',
    refused(
      () => steps({ ...run, stdoutConfig: { path: '/tmp/out' } } as Step),
      'steps[0] run: the field "stdoutConfig" is alpha: a default Tekton install refuses it (enable-api-fields: alpha)',
    ),
  ),
  mistake(
    'a step stderr file',
    withStep({ stderrConfig: { path: '/tmp/err' } }),
    'step stderr stream support',
    refused(
      () => steps({ ...run, stderrConfig: { path: '/tmp/err' } } as Step),
      'steps[0] run: the field "stderrConfig" is alpha: a default Tekton install refuses it (enable-api-fields: alpha)',
    ),
  ),
  mistake(
    'an artifact path',
    withStep({ args: ['$(step.artifacts.path)'] }),
    'enable-artifacts',
    refused(
      () => steps({ ...run, args: ['$(step.artifacts.path)'] }),
      'steps[0] run > args[0]: contains the literal "$(step.artifacts.path)"',
    ),
  ),
  mistake(
    'an undeclared param in args',
    withStep({ args: ['--url=$(params.url)'] }),
    'non-existent variable in "--url=$(params.url)"',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ ...run, args: [flag('url', params.url)] }]),
    ),
  ),
  mistake(
    'an undeclared param in a script',
    script('echo $(params.url)'),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ name: 'run', image, script: sh`echo ${params.url}` }]),
    ),
  ),
  mistake(
    'an undeclared param in env',
    withStep({ env: [{ name: 'URL', value: '$(params.url)' }] }),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ ...run, env: { URL: params.url } }]),
    ),
  ),
  mistake(
    'an undeclared param in the working directory',
    withStep({ workingDir: '/x/$(params.dir)' }),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ ...run, workingDir: text`/x/${params.dir}` }]),
    ),
  ),
  mistake(
    'an undeclared param in a mount',
    withStep({ volumeMounts: [{ name: 'v', mountPath: '/x', subPath: '$(params.dir)' }] }),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ ...run, volumeMounts: [{ name: 'v', mountPath: '/x', subPath: params.dir }] }]),
    ),
  ),
  mistake(
    'an undeclared param as onError',
    withStep({ onError: '$(params.mode)' }),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => steps({ ...run, onError: '$(params.mode)' }),
    ),
  ),
  mistake(
    'an array param in a script',
    script('ls $(params.files[*])', files),
    'variable type invalid',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ name: 'run', image, script: sh`ls ${params.files}` }]),
    ),
  ),
  mistake(
    'an array param in env',
    withStep({ env: [{ name: 'FILES', value: '$(params.files[*])' }] }, files),
    'variable type invalid',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ ...run, env: { FILES: params.files } }]),
    ),
  ),
  mistake(
    'an array param in the working directory',
    withStep({ workingDir: '$(params.files[*])' }, files),
    'variable type invalid',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ ...run, workingDir: params.files }]),
    ),
  ),
  mistake(
    'an array param inside a longer argument',
    withStep({ args: ['--files=$(params.files[*])'] }, files),
    'variable is not properly isolated',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ ...run, args: [flag('files', params.files)] }]),
    ),
  ),
  mistake(
    'a whole object param in args',
    withStep({ args: ['$(params.repo[*])'] }, repo),
    'variable type invalid',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ ...run, args: [params.repo] }]),
    ),
  ),
  mistake(
    'a whole object param in env',
    withStep({ env: [{ name: 'REPO', value: '$(params.repo)' }] }, repo),
    'variable type invalid',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ ...run, env: { REPO: params.repo } }]),
    ),
  ),
  mistake(
    'a key that an object param does not have',
    withStep({ args: ['$(params.repo.branch)'] }, repo),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => scoped(({ params }) => [{ ...run, args: [params.repo.branch] }]),
    ),
  ),
  mistake(
    'a context variable of the TaskRun that does not exist',
    withStep({ args: ['$(context.taskRun.owner)'] }),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => scoped(({ context }) => [{ ...run, args: [context.taskRun.owner] }]),
    ),
  ),
  mistake(
    'a context variable of the Task that does not exist',
    withStep({ args: ['$(context.task.owner)'] }),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => scoped(({ context }) => [{ ...run, args: [context.task.owner] }]),
    ),
  ),
  mistake(
    'an undeclared result in a script',
    script('date > $(results.when.path)'),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => scoped(({ results }) => [{ name: 'run', image, script: sh`date > ${results.when.path}` }]),
    ),
  ),
  mistake(
    'an undeclared step result in a script',
    taskObject({
      steps: [{ name: 'run', image: step.image, results: [{ name: 'a' }], script: 'date > $(step.results.b.path)' }],
    }),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => stepWith('run', { a: result.string() }, ({ results }) => ({ image, script: sh`date > ${results.b.path}` })),
    ),
  ),
  mistake(
    'a step result with an illegal name',
    withStep({ results: [{ name: '-a' }] }),
    'invalid key name "-a"',
    refused(
      () => steps(stepWith('run', { '-a': result.string() }, () => ({ image, command: ['op'] }))),
      'steps[0] run > results.-a: the result name "-a" is not allowed',
    ),
  ),
  mistake(
    "another step's result in a script",
    script('echo $(steps.first.results.a)'),
    'stepResult substitutions are only allowed in env, command and args',
    refused(
      () => steps(probe, { name: 'run', image, script: sh`echo $(steps.probe.results.a)` }),
      'steps[1] run > script line 1: the script contains a literal "$(": "$(steps.probe.results.a)"',
    ),
  ),
  mistake(
    "another step's result as working directory",
    withStep({ workingDir: '$(steps.first.results.a)' }),
    'stepResult substitutions are only allowed in env, command and args',
    refused(
      () => steps(probe, { ...run, workingDir: probe.results.a }),
      'steps[1] run > workingDir: uses the result "a" of a step',
    ),
  ),
  mistake(
    'a step condition with an operator that does not exist',
    withStep({ when: [{ input: 'a', operator: 'matches', values: ['b'] }] }),
    'operator "matches" is not recognized',
    absent('conditions are made by eq, ne, oneOf and notOneOf'),
  ),
  mistake(
    'a step condition without values',
    withStep({ when: [{ input: 'a', operator: 'in', values: [] }] }),
    'expecting non-empty values field',
    refused(
      () =>
        toTask(
          task('sample', {
            params: { mode: param.string() },
            steps: ({ params }) => [{ ...run, when: oneOf(params.mode, []) }],
          }),
        ),
      'steps[0] run > when[0]: compares with no value',
    ),
  ),
  mistake(
    'a StepAction reference with an image',
    withRef({ image: 'a:1' }),
    'image cannot be used with Ref',
    untypable(
      // @ts-expect-error
      () => stepFrom('run', action, { image }),
    ),
  ),
  mistake(
    'a StepAction reference with a script',
    withRef({ script: 'x' }),
    'script cannot be used with Ref',
    untypable(
      // @ts-expect-error
      () => stepFrom('run', action, { script: 'x' }),
    ),
  ),
  mistake(
    'a StepAction reference with a command',
    withRef({ command: ['x'] }),
    'command cannot be used with Ref',
    untypable(
      // @ts-expect-error
      () => stepFrom('run', action, { command: ['x'] }),
    ),
  ),
  mistake(
    'a StepAction reference with args',
    withRef({ args: ['x'] }),
    'args cannot be used with Ref',
    untypable(
      // @ts-expect-error
      () => stepFrom('run', action, { args: ['x'] }),
    ),
  ),
  mistake(
    'a StepAction reference with env',
    withRef({ env: [{ name: 'A', value: 'b' }] }),
    'env cannot be used with Ref',
    untypable(
      // @ts-expect-error
      () => stepFrom('run', action, { env: { A: 'b' } }),
    ),
  ),
  mistake(
    'a StepAction reference with a working directory',
    withRef({ workingDir: '/x' }),
    'working dir cannot be used with Ref',
    untypable(
      // @ts-expect-error
      () => stepFrom('run', action, { workingDir: '/x' }),
    ),
  ),
  mistake(
    'a StepAction reference with mounts',
    withRef({ volumeMounts: [{ name: 'v', mountPath: '/x' }] }),
    'volumeMounts cannot be used with Ref',
    untypable(
      // @ts-expect-error
      () => stepFrom('run', action, { volumeMounts: [{ name: 'v', mountPath: '/x' }] }),
    ),
  ),
  mistake(
    'a StepAction reference with results',
    withRef({ results: [{ name: 'a' }] }),
    'results cannot be used with Ref',
    untypable(
      // @ts-expect-error
      () => stepFrom('run', action, { results: { a: result.string() } }),
    ),
  ),
  mistake(
    'a StepAction reference that names nothing',
    taskObject({ steps: [{ name: 'run', ref: {} }] }),
    'missing field(s): spec.steps[0].name',
    untypable(
      // @ts-expect-error
      () => steps({ name: 'run', ref: {} }),
    ),
  ),
  mistake(
    'step params without a StepAction',
    withStep({ params: [{ name: 'a', value: 'b' }] }),
    'params cannot be used without Ref',
    refused(() => steps({ ...run, params: { a: 'b' } } as Step), 'steps[0] run: unknown field "params"'),
  ),
];
