/**
 * Authoring mistakes that synth finds, each with the exact path and message. Those that `tsc` finds are in refused.ts;
 * README.md lists both. Where TypeScript would already refuse the code, `untyped` stands for an author who writes
 * JavaScript.
 */
import {
  type AnyDefinition,
  cel,
  eq,
  flag,
  oneOf,
  type PipelineNode,
  param,
  pipeline,
  pipelineRun,
  result,
  type Step,
  sh,
  step,
  stepAction,
  stepFrom,
  task,
  taskRun,
  text,
  workspace,
} from '../../src/tekton/index.js';

export interface Mistake {
  /** What the author did. */
  readonly mistake: string;
  readonly write: () => AnyDefinition | readonly AnyDefinition[];
  /** Every problem, as `path: message`. */
  readonly says: readonly string[];
}

/** The scope of a Pipeline as JavaScript sees it. */
interface Loose {
  matrix(node: string, definition: unknown, options: object): unknown;
}

/** A value of a type that it does not have. */
function untyped<T>(value: unknown): T {
  return value as T;
}

const image = 'registry.example.com/tools:1@sha256:0000000000000000000000000000000000000000000000000000000000000000';
const run = { name: 'run', image, command: ['true'] } as const;

/** A Task named `build` with the given steps. */
function build(...steps: readonly unknown[]) {
  return task('build', { steps: () => untyped<readonly Step[]>(steps) });
}

const plain = task('plain', { steps: () => [run] });

const compile = task('compile', {
  params: {
    url: param.string(),
    mode: param.oneOf(['fast', 'full'], { default: 'fast' }),
    files: param.array({ default: [] }),
    image: param.object({ url: 'string', digest: 'string' }, { default: { url: '', digest: '' } }),
    timeout: param.duration({ default: '10m' }),
  },
  results: { commit: result.string(), files: result.array() },
  workspaces: { source: workspace(), login: workspace.secret({ optional: true }) },
  steps: ({ params, results }) => [
    { ...run, args: [flag('url', params.url), text`--result=commit=${results.commit.path}`] },
  ],
});

const fetchAll = task('fetch', {
  params: { url: param.string(), depth: param.string({ default: '1' }) },
  results: { commit: result.string() },
  steps: ({ params }) => [{ ...run, args: [flag('url', params.url)] }],
});

const greet = stepAction('greet', {
  params: { who: param.string() },
  results: { said: result.string() },
  step: ({ params }) => ({ image, command: ['echo'], args: [params.who] }),
});

const long = 'a'.repeat(64);

export const mistakes: readonly Mistake[] = [
  // Tasks and their steps
  {
    mistake: 'a Task without steps',
    write: () => build(),
    says: ['task/build > steps: is empty; a Task needs at least one step'],
  },
  {
    mistake: 'a name with capital letters',
    write: () => task('Build', { steps: () => [run] }),
    says: ['task/Build: the name "Build" is not a DNS name'],
  },
  {
    mistake: 'a name over 63 characters',
    write: () => task(long, { steps: () => [run] }),
    says: [`task/${long}: the name has 64 characters; Tekton accepts at most 63`],
  },
  {
    mistake: 'two steps with one name',
    write: () => build(run, run),
    says: ['task/build > steps[1] run: another step is already named "run"'],
  },
  {
    mistake: 'a step name that is not a DNS label',
    write: () => build({ ...run, name: 'run_it' }),
    says: ['task/build > steps[0] run_it: the name "run_it" is not a DNS label'],
  },
  {
    mistake: 'a step with neither command nor script',
    write: () => build({ name: 'run', image }),
    says: ['task/build > steps[0] run: has neither command nor script'],
  },
  {
    mistake: 'a step with command and script',
    write: () => build({ ...run, script: 'true' }),
    says: ['task/build > steps[0] run > script: is set together with command'],
  },
  {
    mistake: 'a step without an image',
    write: () => task('build', { steps: () => [{ name: 'run', command: ['true'] }] }),
    says: ['task/build > steps[0] run > image: is missing'],
  },
  {
    mistake: 'an image of a step that comes from a param',
    write: () =>
      task('build', {
        params: { image: param.string() },
        steps: ({ params }) => [{ ...run, image: untyped<string>(params.image) }],
      }),
    says: ['task/build > steps[0] run > image: must be a literal, not a reference'],
  },
  {
    mistake: 'a variable written by hand',
    write: () => build({ ...run, args: ['--url=$(params.url)'] }),
    says: ['task/build > steps[0] run > args[0]: contains the literal "$(params.url)"'],
  },
  {
    mistake: 'a reference pasted into a plain template literal',
    write: () =>
      task('build', {
        params: { url: param.string() },
        steps: ({ params }) => [{ ...run, args: [`--url=${params.url}`] }],
      }),
    says: ['task/build > steps[0] run > args[0]: contains the literal "$(params.url)"'],
  },
  {
    mistake: 'a literal script that holds a variable',
    write: () => build({ name: 'run', image, script: 'echo $(params.url)' }),
    says: ['task/build > steps[0] run > script: contains the literal "$(params.url)"'],
  },
  {
    mistake: 'an undeclared param, in JavaScript',
    write: () =>
      task('build', {
        params: { url: param.string() },
        steps: ({ params }) => [{ ...run, args: [untyped<typeof params & { readonly uri: string }>(params).uri] }],
      }),
    says: ['task/build > steps[0] run > args[0]: is undefined, but a string is required here'],
  },
  {
    mistake: 'an array inside a word',
    write: () =>
      task('build', {
        params: { files: param.array() },
        steps: ({ params }) => [{ ...run, args: [text`--files=${untyped<string>(params.files)}`] }],
      }),
    says: ['task/build > steps[0] run > args[0]: "files" is an array, but a single string is required here'],
  },
  {
    mistake: 'an array in a shell word',
    write: () =>
      task('build', {
        params: { files: param.array() },
        steps: ({ params }) => [{ name: 'run', image, script: sh`cat ${untyped<number>(params.files)}` }],
      }),
    says: ['task/build > steps[0] run > script line 1: "files" is an array and does not fit in a shell word'],
  },
  {
    mistake: 'a reference in single quotes of a script',
    write: () =>
      task('build', {
        params: { url: param.string() },
        steps: ({ params }) => [
          {
            name: 'run',
            image,
            script: sh`
              set -x
              git clone '${params.url}'
            `,
          },
        ],
      }),
    says: ['task/build > steps[0] run > script line 2: a reference inside single quotes is not expanded by the shell'],
  },
  {
    mistake: 'a reference in a quoted here-document',
    write: () =>
      task('build', {
        params: { url: param.string() },
        steps: ({ params }) => [
          {
            name: 'run',
            image,
            script: sh`
              cat <<'END'
              ${params.url}
              END
            `,
          },
        ],
      }),
    says: [
      'task/build > steps[0] run > script line 2: a reference inside a here-document with a quoted word is not expanded by the shell',
    ],
  },
  {
    mistake: 'a reference in a comment of a script',
    write: () =>
      task('build', {
        params: { url: param.string() },
        steps: ({ params }) => [{ name: 'run', image, script: sh`true # ${params.url}` }],
      }),
    says: ['task/build > steps[0] run > script line 1: a reference inside a comment does nothing'],
  },
  {
    mistake: 'a reference in backquotes of a script',
    write: () =>
      task('build', {
        params: { url: param.string() },
        steps: ({ params }) => [{ name: 'run', image, script: sh`x=\`echo ${params.url}\`` }],
      }),
    says: ['task/build > steps[0] run > script line 1: a reference inside backquotes is read twice by the shell'],
  },
  {
    mistake: 'a reference that eval reads',
    write: () =>
      task('build', {
        params: { code: param.string() },
        steps: ({ params }) => [{ name: 'run', image, script: sh`eval "${params.code}"` }],
      }),
    says: ['task/build > steps[0] run > script line 1: a reference in what eval runs becomes code'],
  },
  {
    mistake: 'a reference in the code of sh -c',
    write: () =>
      task('build', {
        params: { code: param.string() },
        steps: ({ params }) => [{ name: 'run', image, command: ['sh', '-c'], args: [text`echo ${params.code}`] }],
      }),
    says: ['task/build > steps[0] run > args[0]: is run by sh, and a reference in it becomes code'],
  },
  {
    mistake: '$$ in the code of sh -c',
    write: () => build({ name: 'run', image, command: ['/bin/sh', '-c', 'echo $$'] }),
    says: ['task/build > steps[0] run > command[2]: is code for sh with "$$", which Kubernetes turns into "$"'],
  },
  {
    mistake: 'a literal $( in a script',
    write: () => build({ name: 'run', image, script: sh`x=$(date)` }),
    says: ['task/build > steps[0] run > script line 1: the script contains a literal "$(": "$(date)"'],
  },
  {
    mistake: 'a script that ends inside quotes',
    write: () => build({ name: 'run', image, script: sh`echo "hello` }),
    says: ['task/build > steps[0] run > script line 1: the script ends inside double quotes'],
  },
  {
    mistake: 'a Secret in the environment of a step that uses params',
    write: () =>
      task('build', {
        params: { url: param.string() },
        steps: ({ params }) => [
          {
            ...run,
            args: [params.url],
            env: { TOKEN: { valueFrom: { secretKeyRef: { name: 'git', key: 'token' } } } },
          },
        ],
      }),
    says: ['task/build > steps[0] run > env.TOKEN: puts a Secret into the environment of a step that uses references'],
  },
  {
    mistake: 'two workspaces for volumes in one Task',
    write: () => task('build', { workspaces: { source: workspace(), cache: workspace() }, steps: () => [run] }),
    says: [
      'task/build > workspaces.cache: is the second workspace for a volume that is required; "source" is the first, and a TaskRun with two claims fails',
    ],
  },
  {
    mistake: 'two workspaces mounted at one place',
    write: () =>
      task('build', {
        workspaces: { a: workspace({ mountPath: '/data' }), b: workspace.config({ mountPath: '/data/' }) },
        steps: () => [run],
      }),
    says: ['task/build > workspaces.b: something else is also mounted at "/data/"'],
  },
  {
    mistake: 'a volume mounted below /tekton',
    write: () =>
      task('build', {
        volumes: [{ name: 'tmp', emptyDir: {} }],
        steps: () => [{ ...run, volumeMounts: [{ name: 'tmp', mountPath: '/tekton/results' }] }],
      }),
    says: ['task/build > steps[0] run > volumeMounts[0].mountPath: "/tekton/results" is reserved by Tekton'],
  },
  {
    mistake: 'a mount of a volume that is not declared',
    write: () => build({ ...run, volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }),
    says: ['task/build > steps[0] run > volumeMounts[0].name: "tmp" is not a volume of the Task'],
  },
  {
    mistake: 'two volumes with one name',
    write: () =>
      task('build', {
        volumes: [
          { name: 'tmp', emptyDir: {} },
          { name: 'tmp', emptyDir: {} },
        ],
        steps: () => [run],
      }),
    says: ['task/build > volumes[1] tmp: another volume is already named "tmp"'],
  },
  {
    mistake: 'params whose names differ only in case',
    write: () => task('build', { params: { url: param.string(), URL: param.string() }, steps: () => [run] }),
    says: [
      'task/build > params.URL: another param is already named "URL" (names are compared case-insensitively: "url")',
    ],
  },
  {
    mistake: 'a param name that begins with a digit',
    write: () => task('build', { params: { '2fa': param.string() }, steps: () => [run] }),
    says: ['task/build > params.2fa: the param name "2fa" is not allowed'],
  },
  {
    mistake: 'an object param without keys',
    write: () => task('build', { params: { image: param.object({}) }, steps: () => [run] }),
    says: ['task/build > params.image: an object needs at least one key'],
  },
  {
    mistake: 'a default that is not among the allowed values, in JavaScript',
    write: () =>
      task('build', {
        params: { mode: param.oneOf(['fast', 'full'], { default: untyped<'fast'>('slow') }) },
        steps: () => [run],
      }),
    says: ['task/build > params.mode: the default "slow" is not one of: fast, full'],
  },
  {
    mistake: 'a default that is not a duration, though it looks like one to TypeScript',
    write: () => task('build', { params: { wait: param.duration({ default: '-5m' }) }, steps: () => [run] }),
    says: ['task/build > params.wait: the default "-5m" is not a duration such as 90s, 10m or 1h30m'],
  },
  {
    mistake: 'a result name that ends with a dash',
    write: () =>
      task('build', {
        results: { 'commit-': result.string() },
        steps: ({ results }) => [{ ...run, args: [results['commit-'].path] }],
      }),
    says: ['task/build > results.commit-: the result name "commit-" is not allowed'],
  },
  {
    mistake: 'a param of another Task in a step',
    write: () => {
      const stolen: Step[] = [];
      task('other', {
        params: { url: param.string() },
        steps: ({ params }) => {
          stolen.push({ ...run, args: [params.url] });
          return [run];
        },
      });
      return build(...stolen);
    },
    says: ['task/build > steps[0] run > args[0]: refers to params.url of task "other"'],
  },
  {
    mistake: 'a result of a step that runs later',
    write: () =>
      task('build', {
        steps: () => {
          const probe = step('probe', { found: result.string() }, ({ results }) => ({
            image,
            command: ['op'],
            args: [results.found.path],
          }));
          return [{ ...run, args: [probe.results.found] }, probe];
        },
      }),
    says: [
      'task/build > steps[0] run > args[0]: reads the result "found" of step "probe", which does not run before it in this Task',
    ],
  },
  {
    mistake: 'a result of a step where Tekton does not take one',
    write: () =>
      task('build', {
        steps: () => {
          const probe = step('probe', { found: result.string() }, ({ results }) => ({
            image,
            command: ['op'],
            args: [results.found.path],
          }));
          return [probe, { ...run, workingDir: probe.results.found }];
        },
      }),
    says: ['task/build > steps[1] run > workingDir: uses the result "found" of a step'],
  },
  {
    mistake: 'alpha: where a step writes its output',
    write: () => build({ ...run, stdoutConfig: { path: 'out' } }),
    says: [
      'task/build > steps[0] run: the field "stdoutConfig" is alpha: a default Tekton install refuses it (enable-api-fields: alpha)',
    ],
  },
  {
    mistake: 'alpha: a Windows script',
    write: () => build({ name: 'run', image, script: '#!win pwsh.exe\nGet-Date' }),
    says: [
      'task/build > steps[0] run > script: Windows scripts are alpha: a default Tekton install refuses them (enable-api-fields: alpha)',
    ],
  },
  {
    mistake: "alpha: Tekton's enum of a param",
    write: () =>
      task('build', { params: { mode: param.string(untyped<object>({ enum: ['fast'] })) }, steps: () => [run] }),
    says: [
      'task/build > params.mode: the field "enum" is alpha: a default Tekton install refuses it (enable-param-enum)',
    ],
  },
  {
    mistake: 'a field from an older Tekton',
    write: () => build({ ...run, resources: { limits: { cpu: '1' } } }),
    says: ['task/build > steps[0] run: unknown field "resources"'],
  },
  {
    mistake: 'a quantity that Kubernetes cannot read',
    write: () => build({ ...run, computeResources: { limits: { memory: '1GB' } } }),
    says: ['task/build > steps[0] run > computeResources.limits.memory: "1GB" is not a quantity'],
  },
  {
    mistake: 'an onError that does not exist',
    write: () => build({ ...run, onError: 'ignore' }),
    says: ['task/build > steps[0] run > onError: "ignore" is not valid'],
  },
  {
    mistake: 'a step limit that is not a duration',
    write: () => build({ ...run, timeout: '5 minutes' }),
    says: ['task/build > steps[0] run > timeout: "5 minutes" is not a duration'],
  },
  {
    mistake: 'a sidecar with a name of Tekton',
    write: () => task('build', { sidecars: [{ name: 'tekton-log-results', image }], steps: () => [run] }),
    says: ['task/build > sidecars[0] tekton-log-results: the name "tekton-log-results" is reserved by Tekton'],
  },
  {
    mistake: 'a sidecar whose image is no param',
    write: () =>
      task('build', {
        results: { image: result.string() },
        sidecars: ({ results }) => [{ name: 'builder', image: results.image.path }],
        steps: () => [run],
      }),
    says: ['task/build > sidecars[0] builder > image: "results.image.path" is not a param'],
  },
  {
    mistake: 'a sidecar whose image comes from a param, and that sees what the Task was given',
    write: () =>
      task('build', {
        params: { builder: param.string() },
        workspaces: { source: workspace(), login: workspace.secret(), settings: workspace.config() },
        volumes: [
          { name: 'shared', emptyDir: {} },
          { name: 'token', secret: { secretName: 'token' } },
        ],
        sidecars: ({ params, workspaces }) => [
          {
            name: 'builder',
            image: params.builder,
            workspaces: [workspaces.login],
            env: { TOKEN: { valueFrom: { secretKeyRef: { name: 'token', key: 'token' } } } },
            volumeMounts: [
              { name: 'shared', mountPath: '/shared' },
              { name: 'token', mountPath: '/token' },
            ],
          },
        ],
        steps: ({ workspaces }) => [{ ...run, workspaces: [workspaces.settings] }],
      }),
    says: [
      'task/build > sidecars[0] builder: sees the workspace "source", and the image comes from a param',
      'task/build > sidecars[0] builder > workspaces: uses the workspace "login", and the image comes from a param',
      'task/build > sidecars[0] builder > volumeMounts[1].name: is more than an emptyDir or a ConfigMap, and the image comes from a param',
      'task/build > sidecars[0] builder > env.TOKEN: uses a Secret, and the image comes from a param',
    ],
  },
  {
    mistake: 'a label that Kubernetes does not take',
    write: () => task('build', { labels: { 'app.kubernetes.io/part-of': 'a catalog' }, steps: () => [run] }),
    says: ['task/build > labels.app.kubernetes.io/part-of: "a catalog" is not a valid label value'],
  },
  {
    mistake: 'a variable with the name of one of the script',
    write: () =>
      task('build', {
        params: { url: param.string() },
        steps: ({ params }) => [
          { name: 'run', image, script: sh`git clone ${params.url}`, env: { V_PARAMS_URL: 'x' } },
        ],
      }),
    says: ['task/build > steps[0] run > env.V_PARAMS_URL: is already the name of a variable of the script'],
  },
  // StepActions
  {
    mistake: 'a StepAction that gets an unknown param and lacks another',
    write: () => build({ name: 'greet', ref: greet, params: { whom: 'you' } }),
    says: [
      'task/build > steps[0] greet > params.whom: "whom" is not a param of StepAction "greet"',
      'task/build > steps[0] greet > params.who: the param "who" of StepAction "greet" has no default and no value',
    ],
  },
  {
    mistake: 'image or script beside a StepAction',
    write: () => build({ name: 'greet', ref: greet, params: { who: 'you' }, image }),
    says: ['task/build > steps[0] greet: unknown field "image"'],
  },
  {
    mistake: 'a StepAction that mounts a volume by name',
    write: () =>
      stepAction('mount', {
        step: () => ({ image, command: ['true'], volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }),
      }),
    says: ['stepaction/mount > volumeMounts[0].name: must be a param in a StepAction'],
  },
  {
    mistake: 'a Task result from a step that is not listed',
    write: () =>
      task('build', {
        results: { said: result.string() },
        steps: () => ({
          steps: [run],
          results: { said: stepFrom('greet', greet, { params: { who: 'you' } }).results.said },
        }),
      }),
    says: ['task/build > results.said: is not a result of a step of this Task'],
  },
  // Pipelines
  {
    mistake: 'a Pipeline with nothing but finally',
    write: () => pipeline('ci', {}, (p) => void p.finally('last', plain)),
    says: ['pipeline/ci > tasks: is empty; a Pipeline needs at least one task'],
  },
  {
    mistake: 'two nodes with one name, one of them in finally',
    write: () =>
      pipeline('ci', {}, (p) => {
        p.task('run', plain);
        p.finally('run', plain);
      }),
    says: ['pipeline/ci > finally[0] run: another node is already named "run"'],
  },
  {
    mistake: 'a node name that is not a DNS label',
    write: () => pipeline('ci', {}, (p) => void p.task('Run.it', plain)),
    says: ['pipeline/ci > tasks[0] Run.it: the name "Run.it" is not a DNS label'],
  },
  {
    mistake: 'an unknown, a missing and a mistyped param, all at once, in JavaScript',
    write: () =>
      pipeline('ci', { workspaces: { source: workspace() } }, (p) => {
        const given = { urll: 'x', files: 'a b', mode: 'slow' };
        p.task('compile', compile, untyped({ params: given, workspaces: { source: p.workspaces.source } }));
      }),
    says: [
      'pipeline/ci > tasks[0] compile > params.urll: "urll" is not a param of task "compile"',
      'pipeline/ci > tasks[0] compile > params.files: is a string, but the param is an array',
      'pipeline/ci > tasks[0] compile > params.mode: "slow" is not one of: fast, full',
      'pipeline/ci > tasks[0] compile > params.url: the param "url" of task "compile" has no default and no value',
    ],
  },
  {
    mistake: 'a missing and an unknown workspace, in JavaScript',
    write: () =>
      pipeline('ci', { workspaces: { source: workspace() } }, (p) => {
        p.task('compile', compile, untyped({ params: { url: 'x' }, workspaces: { src: p.workspaces.source } }));
      }),
    says: [
      'pipeline/ci > tasks[0] compile > workspaces.src: "src" is not a workspace of task "compile"',
      'pipeline/ci > tasks[0] compile > workspaces.source: the workspace "source" of task "compile" is required but not bound',
    ],
  },
  {
    mistake: 'an undeclared workspace of the Pipeline, in JavaScript',
    write: () =>
      pipeline('ci', {}, (p) => {
        p.task('compile', compile, untyped({ params: { url: 'x' }, workspaces: { source: 'source' } }));
      }),
    says: ['pipeline/ci > tasks[0] compile > workspaces.source: is not a workspace of the Pipeline'],
  },
  {
    mistake: 'an optional workspace for a Task that requires it, in JavaScript',
    write: () =>
      pipeline('ci', { workspaces: { source: workspace({ optional: true }) } }, (p) => {
        p.task('compile', compile, untyped({ params: { url: 'x' }, workspaces: { source: p.workspaces.source } }));
      }),
    says: ['pipeline/ci > tasks[0] compile > workspaces.source: is required, but "source" is optional'],
  },
  {
    mistake: 'a result of a task in another Pipeline',
    write: () => {
      const elsewhere = pipeline('other', {}, (p) => {
        const done = p.task('fetch', fetchAll, { params: { url: 'x' } });
        return { commit: done.results.commit };
      });
      return pipeline('ci', {}, (p) => {
        p.task('again', fetchAll, { params: { url: elsewhere.outputs.commit } });
      });
    },
    says: [
      'pipeline/ci > tasks[0] again > params.url: reads the result "commit" of "fetch", which is not in this Pipeline, but in "other"',
    ],
  },
  {
    mistake: 'a result of a task that runs only in finally, in JavaScript',
    write: () =>
      pipeline('ci', {}, (p) => {
        const last = p.finally('last', fetchAll, { params: { url: 'x' } });
        p.task('again', fetchAll, { params: { url: untyped<string>(last.results.commit) } });
      }),
    says: ['pipeline/ci > tasks[0] again > params.url: reads a result of "last", which runs in finally'],
  },
  {
    mistake: 'the status of a task outside of finally, in JavaScript',
    write: () =>
      pipeline('ci', {}, (p) => {
        const first = p.task('fetch', fetchAll, { params: { url: 'x' } });
        p.task('again', fetchAll, { params: { url: untyped<string>(first.status) } });
      }),
    says: ['pipeline/ci > tasks[1] again > params.url: reads tasks.fetch.status, which is known only in finally'],
  },
  {
    mistake: 'after with a node of another Pipeline',
    write: () => {
      const others: PipelineNode[] = [];
      pipeline('other', {}, (p) => {
        others.push(p.task('far', plain));
      });
      return pipeline('ci', {}, (p) => {
        p.task('run', plain, { after: others });
      });
    },
    says: ['pipeline/ci > tasks[0] run > after[0]: "far" is not in this Pipeline, but in "other"'],
  },
  {
    mistake: 'after in finally, in JavaScript',
    write: () =>
      pipeline('ci', {}, (p) => {
        const first = p.task('run', plain);
        p.finally('last', plain, untyped({ after: [first] }));
      }),
    says: ['pipeline/ci > finally[0] last: unknown field "after"'],
  },
  {
    mistake: "retries together with onError: 'continue'",
    write: () => pipeline('ci', {}, (p) => void p.task('run', plain, { retries: 2, onError: 'continue' })),
    says: ["pipeline/ci > tasks[0] run > onError: is 'continue' together with retries, which Tekton refuses"],
  },
  {
    mistake: 'half a retry',
    write: () => pipeline('ci', {}, (p) => void p.task('run', plain, { retries: 0.5 })),
    says: ['pipeline/ci > tasks[0] run > retries: is 0.5; it must be a whole number, 0 or more'],
  },
  {
    mistake: 'a matrix over a string, in JavaScript',
    write: () =>
      pipeline('ci', { params: { url: param.string() } }, (p) => {
        untyped<Loose>(p).matrix('all', fetchAll, { over: { url: p.params.url } });
      }),
    says: ['pipeline/ci > tasks[0] all > over.url: "url" is a string, but a matrix needs an array'],
  },
  {
    mistake: 'a matrix over an array param, in JavaScript',
    write: () =>
      pipeline('ci', { workspaces: { source: workspace() } }, (p) => {
        const bound = { params: { url: 'x' }, workspaces: { source: p.workspaces.source } };
        untyped<Loose>(p).matrix('all', compile, { over: { files: ['a'] }, ...bound });
      }),
    says: [
      'pipeline/ci > tasks[0] all > over.files: "files" is an array param, but a matrix gives each run one string',
    ],
  },
  {
    mistake: 'a matrix of more than 256 combinations',
    write: () =>
      pipeline('ci', {}, (p) => {
        const many = Array.from({ length: 20 }, (_, index) => `v${index}`);
        p.matrix('all', fetchAll, { over: { url: many, depth: many } });
      }),
    says: ['pipeline/ci > tasks[0] all > over: gives 400 combinations; Tekton runs at most 256'],
  },
  {
    mistake: 'a param both in the matrix and in params, in JavaScript',
    write: () =>
      pipeline('ci', {}, (p) => {
        untyped<Loose>(p).matrix('all', fetchAll, { over: { url: ['a'] }, params: { url: 'b' } });
      }),
    says: ['pipeline/ci > tasks[0] all > over.url: "url" is also given in params'],
  },
  {
    mistake: 'one single result of a matrix',
    write: () =>
      pipeline('ci', {}, (p) => {
        const all = p.matrix('all', fetchAll, { over: { url: ['a', 'b'] } });
        p.task('one', fetchAll, { params: { url: all.results.commit.at(0) } });
      }),
    says: ['pipeline/ci > tasks[1] one > params.url: uses one result "commit" of a matrix'],
  },
  {
    mistake: 'a Task whose name is none',
    write: () => pipeline('ci', {}, (p) => void p.task('run', task('not a name', { steps: () => [run] }))),
    says: ['pipeline/ci > tasks[0] run > taskRef: the name "not a name" is not a DNS name'],
  },
  {
    mistake: 'a condition without values',
    write: () =>
      pipeline('ci', { params: { env: param.string() } }, (p) => {
        p.task('run', plain, { when: oneOf(p.params.env, []) });
      }),
    says: ['pipeline/ci > tasks[0] run > when[0]: compares with no value'],
  },
  {
    mistake: 'alpha: a CEL condition',
    write: () => pipeline('ci', {}, (p) => void p.task('run', plain, { when: cel("'a' == 'a'") })),
    says: [
      'pipeline/ci > tasks[0] run > when[0]: CEL is alpha: a default Tekton install refuses it (enable-cel-in-whenexpression)',
    ],
  },
  {
    mistake: 'a condition on a literal, in JavaScript',
    write: () => pipeline('ci', {}, (p) => void p.task('run', plain, { when: eq(untyped('a'), 'b') })),
    says: ['pipeline/ci > tasks[0] run > when[0]: compares a literal, so it never changes'],
  },
  {
    mistake: 'a result of the Pipeline that is a param',
    write: () =>
      pipeline('ci', { params: { url: param.string() } }, (p) => {
        p.task('run', plain);
        return { url: p.params.url };
      }),
    says: ['pipeline/ci > results.url: is params.url, which is not a result of a task'],
  },
  {
    mistake: 'two different Tasks of one name in a Pipeline',
    write: () =>
      pipeline('ci', {}, (p) => {
        p.task('one', plain);
        p.task('two', task('plain', { steps: () => [run] }));
      }),
    says: ['pipeline/ci > tasks[1] two: uses a different Task that is also named "plain"'],
  },
  {
    mistake: 'a mistake in an embedded Task',
    write: () => pipeline('ci', {}, (p) => void p.task('run', build({ ...run, name: 'X' }), { embed: true })),
    says: ['pipeline/ci > tasks[0] run > taskSpec > steps[0] X: the name "X" is not a DNS label'],
  },
  {
    mistake: 'two definitions of one kind and name',
    write: () => [plain, task('plain', { steps: () => [run] })],
    says: ['task/plain: another Task has the same name'],
  },
  // Runs
  {
    mistake: 'limits of tasks and finally that do not fit into the limit of the pipeline',
    write: () => {
      const ci = pipeline('ci', {}, (p) => void p.task('run', plain));
      return pipelineRun('ci-1', ci, { timeouts: { pipeline: '1h', tasks: '50m', finally: '20m' } });
    },
    says: ["pipelinerun/ci-1 > timeouts: tasks and finally together are longer than the pipeline's 1h"],
  },
  {
    mistake: 'settings for a node that the Pipeline does not have',
    write: () => {
      const ci = pipeline('ci', {}, (p) => void p.task('run', plain));
      return pipelineRun('ci-1', ci, { taskRunSpecs: { rum: { timeout: '5m' } } });
    },
    says: ['pipelinerun/ci-1 > taskRunSpecs.rum: "rum" is not a node of pipeline "ci"'],
  },
  {
    mistake: 'resources for the whole TaskRun and for one of its steps',
    write: () =>
      taskRun('one', plain, {
        computeResources: { limits: { cpu: '1' } },
        steps: { run: { limits: { cpu: '1' } } },
      }),
    says: ['taskrun/one > computeResources: is set together with resources of steps, which Tekton refuses'],
  },
  {
    mistake: 'a claim for a workspace that holds a Secret, in JavaScript',
    write: () =>
      taskRun('one', compile, {
        params: { url: 'x' },
        workspaces: { source: { emptyDir: {} }, login: untyped({ persistentVolumeClaim: 'data' }) },
      }),
    says: ['taskrun/one > workspaces.login: is a secret workspace, but is bound to a claim'],
  },
  {
    mistake: 'an unnamed claim',
    write: () =>
      taskRun('one', compile, { params: { url: 'x' }, workspaces: { source: { persistentVolumeClaim: '' } } }),
    says: ['taskrun/one > workspaces.source.persistentVolumeClaim: is empty'],
  },
  {
    mistake: 'a projected workspace without sources',
    write: () => taskRun('one', compile, { params: { url: 'x' }, workspaces: { source: { projected: [] } } }),
    says: ['taskrun/one > workspaces.source.projected: has no sources'],
  },
  // Several at once
  {
    mistake: 'several mistakes of one Task at once',
    write: () =>
      task('Build', {
        params: { '1st': param.string() },
        workspaces: { a: workspace(), b: workspace() },
        steps: () => [run, { ...run, args: ['$(params.x)'] }],
      }),
    says: [
      'task/Build: the name "Build" is not a DNS name',
      'task/Build > workspaces.b: is the second workspace for a volume that is required; "a" is the first, and a TaskRun with two claims fails',
      'task/Build > steps[1] run: another step is already named "run"',
      'task/Build > steps[1] run > args[0]: contains the literal "$(params.x)"',
      'task/Build > params.1st: the param name "1st" is not allowed',
    ],
  },
];
