import { describe, expect, it } from 'vitest';
import {
  eq,
  flag,
  ne,
  notOneOf,
  oneOf,
  param,
  pipeline,
  pipelineRun,
  result,
  sh,
  step,
  stepAction,
  stepFrom,
  task,
  taskRun,
  text,
  toPipeline,
  toPipelineRun,
  toStepAction,
  toTask,
  toTaskRun,
  toYaml,
  workspace,
} from '../index.js';

const image = 'registry.example.com/tools:1.2@sha256:0000000000000000000000000000000000000000000000000000000000000000';

const clone = task('git-clone', {
  displayName: 'Clone a repository',
  description: 'Checks out one commit of a repository.\n\nCredentials are files, never variables.\n',
  labels: { 'app.kubernetes.io/version': '0.1.0' },
  annotations: { 'tekton.dev/tags': 'git, clone' },
  params: {
    url: param.string({ description: 'Where the repository is' }),
    depth: param.string({ default: '1' }),
    mode: param.oneOf(['shallow', 'full'], { description: 'How much to fetch', default: 'shallow' }),
    timeout: param.duration({ default: '10m' }),
    paths: param.array({ default: [] }),
    author: param.object({ name: 'string', email: 'string' }, { default: { name: 'op', email: 'op@example.com' } }),
  },
  results: {
    commit: result.string({ description: 'The commit that was checked out' }),
    files: result.array(),
    origin: result.object({ url: 'string', digest: 'string' }),
  },
  workspaces: {
    output: workspace({ description: 'Where the files go' }),
    ssh: workspace.secret({ optional: true, description: 'A kubernetes.io/ssh-auth secret' }),
    settings: workspace.config({ optional: true, mountPath: '/etc/settings' }),
  },
  volumes: [
    { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
    { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'registry' } }] } },
  ],
  stepTemplate: {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  },
  sidecars: ({ params }) => [
    {
      name: 'proxy',
      image,
      args: [flag('upstream', params.url)],
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
    },
  ],
  steps: ({ params, results, workspaces, context }) => [
    {
      name: 'clone',
      image,
      command: ['op'],
      args: [
        'git-clone',
        flag('url', params.url),
        flag('depth', params.depth),
        flag('submodules', true),
        flag('ssh-directory', workspaces.ssh.path),
        flag('destination', text`${workspaces.output.path}/src`),
        text`--result=commit=${results.commit.path}`,
        text`--result=origin=${results.origin.path}`,
        flag('author', params.author.name),
        flag('first', params.paths.at(0)),
        '--',
        ...params.paths,
      ],
      env: { RUN: context.taskRun.name, MODE: 'quiet' },
      workspaces: [workspaces.ssh],
      computeResources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
      timeout: '10m',
    },
    {
      name: 'list',
      displayName: 'List the files',
      image,
      workingDir: workspaces.output.path,
      when: eq(params.mode, 'full').and(ne(context.task.retryCount, '0')),
      script: sh`
        # an example of a script
        find ${workspaces.output.path} -name "*.\${EXT:-ts}" > ${results.files.path}
        printf '%s' "author: ${params.author.name}"
      `,
      onError: 'continue',
    },
  ],
});

const greet = stepAction('greet', {
  description: 'Says hello.',
  params: { who: param.string({ default: 'world' }), tmp: param.string() },
  results: { said: result.string() },
  step: ({ params, results }) => ({
    image,
    script: sh`printf 'hello %s' ${params.who} > ${results.said.path}`,
    volumeMounts: [{ name: params.tmp, mountPath: '/tmp' }],
  }),
});

const welcome = task('welcome', {
  params: { name: param.string(), choir: param.string({ default: image }) },
  results: { said: result.string(), length: result.string() },
  volumes: [{ name: 'tmp', emptyDir: {} }],
  sidecars: ({ params }) => [
    { name: 'choir', image: params.choir, volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] },
  ],
  steps: ({ params }) => {
    const said = stepFrom('greet', greet, { params: { who: params.name, tmp: 'tmp' }, timeout: '1m' });
    const count = step('count', { length: result.string() }, ({ results }) => ({
      image,
      command: ['op', 'count'],
      args: [said.results.said, flag('output', results.length.path)],
    }));
    return { steps: [said, count], results: { said: said.results.said, length: count.results.length } };
  },
});

const deliver = pipeline(
  'deliver',
  {
    displayName: 'Build and deliver',
    description: 'From a commit to a running image.',
    labels: { team: 'delivery' },
    params: {
      repo: param.string({ description: 'Where the repository is' }),
      targets: param.array({ default: ['linux/amd64'] }),
      environment: param.oneOf(['staging', 'production'], { default: 'staging' }),
    },
    workspaces: { source: workspace(), ssh: workspace.secret({ optional: true }) },
  },
  (p) => {
    const source = { workspace: p.workspaces.source, subPath: p.context.pipelineRun.uid };
    const cloned = p.task('clone', clone, {
      params: { url: p.params.repo, paths: ['src', ...p.params.targets] },
      workspaces: { output: source, ssh: p.workspaces.ssh },
      retries: 2,
      timeout: '20m',
      displayName: text`Clone ${p.params.repo}`,
    });
    const lint = p.task('lint', welcome, { params: { name: 'lint' }, embed: true, onError: 'continue' });
    const each = p.matrix('each', welcome, {
      over: { name: p.params.targets },
      include: [{ name: 'extra', params: { name: 'extra' } }],
      after: [lint, cloned],
      when: oneOf(p.params.environment, ['staging', 'production']).and(notOneOf(cloned.results.commit, [''])),
    });
    const scan = p.remote(
      'scan',
      { resolver: 'git', params: { url: 'https://git.example.com/tasks.git', pathInRepo: 'scan.yaml' } },
      {
        params: { commits: param.array(), origin: param.object({ url: 'string', digest: 'string' }) },
        results: { report: result.string() },
      },
      { params: { commits: each.results.said, origin: cloned.results.origin } },
    );
    const placed = p.task('place', clone, {
      params: { url: p.params.repo },
      workspaces: { output: { workspace: p.workspaces.source, subPath: scan.results.report } },
    });
    const last = p.finally('report', welcome, {
      params: { name: text`${p.status} ${placed.status} ${cloned.reason}` },
      when: eq(p.status, 'Failed'),
    });
    return {
      COMMIT: { value: cloned.results.commit, description: 'What was built' },
      FILES: cloned.results.files,
      ORIGIN: cloned.results.origin,
      SAID: each.results.said,
      REPORT: text`${scan.results.report}/${last.results.said}`,
    };
  },
);

const run = pipelineRun({ generateName: 'deliver-' }, deliver, {
  labels: { commit: 'abc' },
  params: { repo: 'https://git.example.com/shop.git', targets: ['linux/amd64', 'linux/arm64'] },
  workspaces: {
    source: { volumeClaimTemplate: { storage: '1Gi' } },
    ssh: { secret: 'ssh', items: [{ key: 'ssh-privatekey', path: 'id' }] },
  },
  serviceAccountName: 'deliver',
  podTemplate: { securityContext: { fsGroup: 65532 }, enableServiceLinks: false },
  timeouts: { pipeline: '1h', tasks: '50m', finally: '10m' },
  taskRunSpecs: { clone: { steps: { clone: { limits: { memory: '1Gi' } } }, timeout: '15m' } },
});

const single = taskRun('welcome-1', welcome, { params: { name: 'you' }, timeout: '5m', serviceAccountName: 'welcome' });

describe('golden YAML', () => {
  it.each([
    ['task', () => [toTask(clone), toTask(welcome), toStepAction(greet)]],
    ['pipeline', () => [toPipeline(deliver)]],
    ['run', () => [toPipelineRun(run), toTaskRun(single)]],
    [
      'embedded-run',
      () => [
        toPipelineRun(
          pipelineRun('whole', deliver, {
            ...run.options,
            embed: true,
            params: { repo: 'x' },
            workspaces: { source: { persistentVolumeClaim: 'files' } },
          }),
        ),
      ],
    ],
  ] as const)('of a %s', async (name, render) => {
    await expect(
      toYaml(render(), { header: 'Generated by golden.test.ts; write anew with: npx vitest run src/tekton -u' }),
    ).toMatchFileSnapshot(`golden/${name}.yaml`);
  });
});
