import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRunPlan } from '../../src/local/commands/make-run-plan.js';
import { localDoors } from '../../src/op/cli/commands/local-doors.js';
import { OpError } from '../../src/op/kit/errors/op-error.js';
import { testContext } from '../op/test-context.js';

const doors = localDoors({ insecureRegistry: [] });
let root: string;
let commit: string;
let web: Server;
let site: string;
const pages = new Map<string, string>();

const git = (...args: string[]) =>
  execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    encoding: 'utf8',
  }).trim();

async function write(path: string, text: string) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

const task = (name: string, script: string) =>
  `apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: ${name}}\nspec: {steps: [{image: bash, script: "${script}"}]}\n`;

/** A PipelineRun whose one task is `taskRef`. */
const run = (name: string, taskName: string, annotations: Readonly<Record<string, string>> = {}) => {
  const own = Object.entries(annotations).map(([key, value]) => `    pipelinesascode.tekton.dev/${key}: "${value}"\n`);
  return `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: ${name}
  annotations:
    pipelinesascode.tekton.dev/on-event: "[push]"
${own.join('')}spec:
  pipelineSpec: {tasks: [{name: a, taskRef: {name: ${taskName}}}]}
`;
};

const params = (name: string, values: Readonly<Record<string, string>>) => `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  generateName: ${name}-
spec:
  params:
${Object.entries(values)
  .map(([key, value]) => `    - {name: ${key}, value: ${value}}\n`)
  .join('')}  pipelineSpec:
    tasks: [{name: a, taskRef: {name: here}}]
    params: [${Object.keys(values).map((key) => `{name: ${key}}`)}]
`;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'pipelines-as-code-test-')));
  git('init', '--quiet', '--initial-branch=feature/x');
  git('remote', 'add', 'origin', 'git@git.example.com:Acme/tools/Shop.git');
  await write('.tekton/tasks/here.yaml', task('here', 'echo here'));
  await write('.tekton/readme.yaml', 'this is: {{ no }}\n');
  await write('share/shared.yaml', task('shared', 'echo shared'));
  git('add', '--all');
  git('commit', '--quiet', '-m', 'one');
  commit = git('rev-parse', 'HEAD');
  web = createServer(({ url = '' }, response) => {
    const page = pages.get(url);
    if (page === undefined) response.writeHead(404).end('no');
    else response.end(page);
  }).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const address = web.address();
  site = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});

afterAll(async () => {
  web.closeAllConnections();
  web.close();
  await rm(root, { recursive: true, force: true });
});

async function planOf(words: readonly string[], event: readonly string[] = [], file: readonly string[] = []) {
  const { context } = testContext({ env: { PATH: process.env.PATH, HOME: join(root, 'home') }, cwd: root });
  return makeRunPlan(context, { file, param: [], workspace: [], labels: [], event }, words, doors);
}

async function refusal(...parts: Parameters<typeof planOf>): Promise<string> {
  const error: unknown = await planOf(...parts).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OpError) return `${error.message}\n${error.why}\n${error.hint}`;
  throw new Error('it was not refused', { cause: error });
}

const scriptOf = ({ plan }: Awaited<ReturnType<typeof planOf>>) => plan.tasks.a?.spec.steps[0]?.script;

describe('the placeholders of .tekton', () => {
  it('are filled from the checkout, for the push of its branch', async () => {
    const names = ['revision', 'repo_url', 'repo_owner', 'repo_name', 'source_branch', 'target_branch', 'source_url'];
    const more = ['event_type', 'event', 'git_tag', 'target_namespace', 'trigger_comment'];
    const values = Object.fromEntries([...names, ...more].map((name) => [name, `"{{${name}}}"`]));
    await write('.tekton/push.yaml', params('push', { ...values, both: '"{{ repo_name }}-{{ revision }}"' }));
    const { plan } = await planOf(['.tekton/push.yaml']);
    expect(plan.params).toEqual({
      revision: commit,
      repo_url: 'https://git.example.com/Acme/tools/Shop',
      repo_owner: 'acme/tools',
      repo_name: 'shop',
      source_branch: 'feature/x',
      target_branch: 'feature/x',
      source_url: 'https://git.example.com/Acme/tools/Shop',
      event_type: 'push',
      event: 'push',
      git_tag: '',
      target_namespace: 'default',
      trigger_comment: '',
      both: `shop-${commit}`,
    });
    expect(plan.name).toMatch(/^push-[a-z0-9]{5}$/u);
  });

  it('are refused by name, with their field, when a checkout does not tell them; --event gives them', async () => {
    await write(
      '.tekton/pr.yaml',
      params('pr', { who: '"{{ sender }}"', number: '"{{pull_request_number}}"', to: '"{{ target_branch }}"' }),
    );
    const said = await refusal(['.tekton/pr.yaml'], ['event_type=pull_request']);
    expect(said).toContain(
      'PipelineRun/pr- > spec.params[0].value: {{ sender }} cannot be known from the checkout (.tekton/pr.yaml:7)',
    );
    expect(said).toContain('{{ pull_request_number }} cannot be known');
    expect(said).toContain('{{ target_branch }} cannot be known');
    expect(said).toContain('give it with --event sender=LOGIN');
    const given = ['sender=jane', 'pull_request_number=7', 'target_branch=main', 'event_type=pull_request'];
    expect((await planOf(['.tekton/pr.yaml'], given)).plan.params).toEqual({ who: 'jane', number: '7', to: 'main' });
  });

  it('may be expressions over what a server sends, which are given as they are written', async () => {
    await write('.tekton/body.yaml', params('body', { title: `"{{ body.pull_request.title }}"` }));
    expect(await refusal(['.tekton/body.yaml'])).toContain('give it with --event body.pull_request.title=VALUE');
    const { plan } = await planOf(['.tekton/body.yaml'], ['body.pull_request.title=Fix it']);
    expect(plan.params).toEqual({ title: 'Fix it' });
  });

  it('that nobody knows stay as text, and those of other objects and comments harm nothing', async () => {
    const script = `docker inspect -f '{{.Id}}' {{ custom }}`;
    await write(
      '.tekton/left.yaml',
      `# {{ sender }}\n${task('left', script)}---\n${params('other', { who: '"{{ sender }}"' })}`,
    );
    const { plan, notes } = await planOf(['left'], [], ['.tekton/left.yaml']);
    expect(plan.tasks.left?.spec.steps[0]?.script).toBe(script);
    expect(notes).toContain(
      'Task/left > spec.steps[0].script: {{ custom }} stays as text; give it with --event custom=VALUE',
    );
    // What is not used is not spoken of.
    expect((await planOf(['here'], [], ['.tekton'])).notes.join()).not.toContain('custom');
  });

  it('may be unknown in annotations for other programs, but not in their own', async () => {
    const yaml = (key: string) =>
      run('noted', 'here').replace('annotations:\n', `annotations:\n    ${key}: "{{ sender }}"\n`);
    await write('.tekton/noted.yaml', yaml('example.com/sender'));
    expect((await planOf(['.tekton/noted.yaml'])).plan.pipelineName).toBe('');
    await write('.tekton/noted.yaml', yaml('pipelinesascode.tekton.dev/task'));
    expect(await refusal(['.tekton/noted.yaml'])).toContain('task"]: {{ sender }} cannot be known');
    await rm(join(root, '.tekton/noted.yaml'));
  });

  it('are nothing special in other files', async () => {
    await write('plain.yaml', task('plain', 'echo {{ sender }}'));
    expect((await planOf(['plain.yaml'])).plan.tasks.plain?.spec.steps[0]?.script).toBe('echo {{ sender }}');
  });
});

describe('the annotations of Pipelines-as-Code', () => {
  it('need not name the Tasks of .tekton and its folders; each run has a name of its own', async () => {
    await write('.tekton/local.yaml', run('local', 'here'));
    const made = await planOf(['.tekton/local.yaml']);
    expect(scriptOf(made)).toBe('echo here');
    expect(made.plan.name).toMatch(/^local-[a-z0-9]{5}$/u);
    const { plan, notes } = await planOf(['local'], [], ['.tekton']);
    expect(plan.tasks.a?.spec.steps[0]?.script).toBe('echo here');
    expect(notes.join('\n')).toContain('.tekton/readme.yaml: an object is the key of another');
  });

  it('find Tasks in files of the repository and on web servers, before those of .tekton', async () => {
    pages.set('/far.yaml', task('far', 'echo far'));
    pages.set('/here.yaml', task('here', 'echo from far'));
    await write('.tekton/shared.yaml', run('shared', 'shared', { task: '[share/shared.yaml]' }));
    await write('.tekton/far.yaml', run('far', 'far', { task: 'share/shared.yaml', 'task-1': `[${site}/far.yaml]` }));
    await write('.tekton/other.yaml', run('other', 'here', { task: `${site}/here.yaml` }));
    expect(scriptOf(await planOf(['.tekton/shared.yaml']))).toBe('echo shared');
    const far = await planOf(['.tekton/far.yaml']);
    expect(scriptOf(far)).toBe('echo far');
    expect(far.plan.tasks.a?.fetched?.refSource.uri).toBe(`${site}/far.yaml`);
    expect(scriptOf(await planOf(['.tekton/other.yaml']))).toBe('echo from far');
  });

  it('find a Pipeline, and its Tasks beside it', async () => {
    pages.set(
      '/lib/pipeline.yaml',
      `apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: remote, annotations: {pipelinesascode.tekton.dev/task: ./tasks/far.yaml}}
spec: {tasks: [{name: a, taskRef: {name: far}}]}
`,
    );
    pages.set('/lib/tasks/far.yaml', task('far', 'echo beside'));
    const yaml = run('remote', 'x', { pipeline: `${site}/lib/pipeline.yaml` }).replace(
      / {2}pipelineSpec.*$/mu,
      '  pipelineRef: {name: remote}',
    );
    await write('.tekton/remote.yaml', yaml);
    const made = await planOf(['.tekton/remote.yaml']);
    expect(scriptOf(made)).toBe('echo beside');
    expect(made.plan.fetched?.refSource.uri).toBe(`${site}/lib/pipeline.yaml`);
  });

  it('say what to do about a Task of a hub, and take it from -f', async () => {
    await write('.tekton/hub.yaml', run('hub', 'git-clone', { task: '[git-clone:0.9]' }));
    const said = await refusal(['.tekton/hub.yaml']);
    expect(said).toContain(
      'PipelineRun/hub > metadata.annotations["pipelinesascode.tekton.dev/task"]: git-clone:0.9 is a Task of a hub',
    );
    expect(said).toContain('give its file with -f');
    await write('downloaded/git-clone.yaml', task('git-clone', 'echo cloned'));
    expect(scriptOf(await planOf(['.tekton/hub.yaml'], [], ['downloaded']))).toBe('echo cloned');
  });

  it.each([
    ['a file that is not there', 'share/nothing.yaml', 'there is no file share/nothing.yaml'],
    ['a file out of the repository', '../../../../etc/hostname', '../../../../etc/hostname is not in the repository'],
    ['a page that is not there', 'SITE/nothing.yaml', 'the server answered 404'],
    ['another kind', '.tekton/local.yaml', 'is a PipelineRun, not a Task'],
  ])('refuse %s', async (_, value, why) => {
    await write('.tekton/bad.yaml', run('bad', 'x', { task: value.replace('SITE', site) }));
    expect(await refusal(['.tekton/bad.yaml'])).toContain(why);
  });
});

describe('several PipelineRuns', () => {
  const file = (name: string, annotations: string) =>
    run(name, 'here').replace('    pipelinesascode.tekton.dev/on-event: "[push]"\n', annotations);
  const on = (event: string, branch: string) =>
    `    pipelinesascode.tekton.dev/on-event: "[${event}]"\n    pipelinesascode.tekton.dev/on-target-branch: "[${branch}]"\n`;

  it('are chosen by the event and its branch, or by name', async () => {
    const documents = [
      file('of-push', on('push', 'feature/*')),
      file('of-main', on('push, pull_request', 'main')),
      file('of-tag', on('push', 'refs/tags/*')),
    ];
    await write('several/.tekton/all.yaml', documents.join('---\n'));
    await write('several/.tekton/here.yaml', task('here', 'echo here'));
    const planned = async (event: readonly string[], words = ['several/.tekton']) =>
      (await planOf(words, event)).plan.name;
    expect(await planned([])).toMatch(/^of-push-/u);
    expect(await planned(['event_type=pull_request', 'target_branch=main'])).toMatch(/^of-main-/u);
    expect(await planned(['target_branch=refs/tags/v1'])).toMatch(/^of-tag-/u);
    expect((await planOf(['of-tag'], [], ['several/.tekton'])).plan.name).toMatch(/^of-tag-/u);
    expect(await refusal(['several/.tekton'], ['target_branch=other'])).toContain('it is not clear what to run');
  });
});

it('names the Secret of a Git server, and what to bind instead', async () => {
  const yaml = run('auth', 'here').replace(
    'spec:\n',
    'spec:\n  workspaces: [{name: basic-auth, secret: {secretName: "{{ git_auth_secret }}"}}]\n',
  );
  await write('.tekton/auth.yaml', yaml.replace('{tasks', '{workspaces: [{name: basic-auth}], tasks'));
  const said = await refusal(['.tekton/auth.yaml']);
  expect(said).toContain('there is no Secret pac-gitauth');
  expect(said).toContain('-w name=basic-auth,secret=DIR');
});
