import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRunPlan } from '../../src/local/commands/make-run-plan.js';
import { localDoors } from '../../src/op/cli/commands/local-doors.js';
import { OpError } from '../../src/op/kit/errors/op-error.js';
import { type GitHost, type HostedRepository, startGitHost } from '../op/git-host.js';
import { testContext } from '../op/test-context.js';
import { runLocally } from './local-run.js';

const doors = localDoors({ insecureRegistry: [] });

const task = (name: string, script: string, more = '') =>
  `apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: ${name}}\nspec:\n${more}  steps:\n    - {name: main, image: bash, script: '${script}'}\n`;

const action = (text: string) =>
  `apiVersion: tekton.dev/v1beta1\nkind: StepAction\nmetadata: {name: speak}\nspec: {image: bash, script: 'echo ${text}'}\n`;

const pipeline = `apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: far}
spec:
  tasks: [{name: near, taskSpec: {steps: [{image: bash, script: 'echo near'}]}}]
`;

/** A reference, as JSON, which is YAML. */
const by = (resolver: string, params: Readonly<Record<string, string>>) =>
  JSON.stringify({ resolver, params: Object.entries(params).map(([name, value]) => ({ name, value })) });

const run = (tasks: string, more = '') => `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: run}
spec:
${more}  pipelineSpec:
    tasks: ${tasks}
`;
const one = (taskRef: string) => run(`[{name: a, taskRef: ${taskRef}}]`);

let home: string;
let git: GitHost;
let repository: HostedRepository;
let first: string;
let web: Server;
let site: string;
const asked: string[] = [];
const pages = new Map<string, { status?: number; headers?: Record<string, string>; body: string }>();

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'resolvers-test-'));
  git = await startGitHost({ 'uploadpack.allowFilter': 'true', 'uploadpack.allowAnySHA1InWant': 'true' });
  repository = await git.repository('tasks.git');
  first = await repository.commit('one', {
    'tasks/hello.yaml': task('hello', 'echo hello one'),
    'large.yaml': `# ${'x'.repeat(1024 * 1024)}\n`,
    'pipeline.yaml': pipeline,
    'two.yaml': `${task('first', 'echo first')}---\n${task('second', 'echo second')}`,
    'wrong.yaml': task('wrong', 'true').replace('steps:', 'stepz:'),
    'config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n',
    'action.yaml': action('from a StepAction'),
  });
  repository.git('tag', '-a', '-m', 'v1', 'v1');
  repository.git('push', '--quiet', 'origin', 'v1');
  symlinkSync('/etc/passwd', join(repository.workingCopy, 'link.yaml'));
  symlinkSync('tasks', join(repository.workingCopy, 'folder'));
  await repository.commit('two', { 'tasks/hello.yaml': task('hello', 'echo hello two') });
  const secret = await git.repository('private/tasks.git');
  await secret.commit('one', { 'task.yaml': task('hidden', 'echo hidden') });
  web = createServer(({ url = '', headers }, response) => {
    asked.push(`${url} ${headers.authorization ?? ''}`.trim());
    const page = pages.get(url);
    if (page === undefined) response.writeHead(404).end('no');
    else if (url.startsWith('/private') && headers.authorization === undefined) response.writeHead(401).end('no');
    else response.writeHead(page.status ?? 200, page.headers ?? {}).end(page.body);
  }).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const address = web.address();
  site = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  pages.set('/task.yaml', { body: task('paged', 'echo from the web') });
  pages.set('/private.yaml', { body: task('kept', 'echo kept') });
});

afterAll(async () => {
  web.closeAllConnections();
  web.close();
  await git.stop();
  await rm(home, { recursive: true, force: true });
});

interface Planning {
  readonly offline?: boolean;
  readonly param?: readonly string[];
  /** Another cache. */
  readonly home?: string;
}

async function planOf(yaml: string, { offline = false, param = [], home: own = home }: Planning = {}) {
  const directory = await mkdtemp(join(home, 'plan-'));
  const file = join(directory, 'run.yaml');
  await writeFile(file, yaml);
  const { context } = testContext({ env: { PATH: process.env.PATH, HOME: own }, cwd: directory });
  return makeRunPlan(context, { file: [], param, workspace: [], labels: [], offline }, [file], doors);
}

/** What is refused, and why. */
async function refusal(yaml: string, planning: Planning = {}): Promise<string> {
  const error: unknown = await planOf(yaml, planning).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OpError) return `${error.message}\n${error.why}\n${error.hint}`;
  throw new Error('it was not refused', { cause: error });
}

const scriptOf = ({ plan }: Awaited<ReturnType<typeof planOf>>, name = 'a') => plan.tasks[name]?.spec.steps[0]?.script;

describe('the git resolver', () => {
  const hello = (revision: string, pathInRepo = 'tasks/hello.yaml') =>
    by('git', { url: repository.url, revision, pathInRepo });

  it('runs a Task of a branch, and says in the status which commit it was', async () => {
    const { printed, taskRuns, condition } = await runLocally(one(hello('main')), { doors });
    expect(condition[0]).toBe('True');
    expect(printed('a')).toEqual(['hello two']);
    const commit = repository.git('rev-parse', 'main');
    expect(taskRuns[0]?.status.provenance).toEqual({
      refSource: { uri: `git+${repository.url}`, digest: { sha1: commit }, entryPoint: 'tasks/hello.yaml' },
    });
    expect(taskRuns[0]?.spec.taskRef?.resolver).toBe('git');
    expect(taskRuns[0]?.metadata.labels['tekton.dev/task']).toBe('hello');
  });

  it.each([
    ['a tag with a message', () => 'v1', 'echo hello one'],
    ['a commit', () => first, 'echo hello one'],
    ['a full name', () => 'refs/heads/main', 'echo hello two'],
    ['HEAD', () => 'HEAD', 'echo hello two'],
  ])('reads %s', async (_, revision, script) => {
    expect(scriptOf(await planOf(one(hello(revision()))))).toBe(script);
  });

  it('replaces params of the run and of the Pipeline in the params of the resolver', async () => {
    const ref = by('git', { url: '$(params.url)', revision: '$(params.revision)', pathInRepo: 'tasks/hello.yaml' });
    const yaml = run(
      `[{name: a, taskRef: ${ref}}]`,
      `  params: [{name: url, value: "${repository.url}"}, {name: revision, value: main}]\n`,
    );
    expect(scriptOf(await planOf(yaml))).toBe('echo hello two');
  });

  it('reads the Pipeline of a PipelineRun, with params of the command line in it', async () => {
    const ref = by('git', { url: repository.url, revision: '$(params.at)', pathInRepo: 'pipeline.yaml' });
    const yaml = `apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: run}\nspec: {params: [{name: at, value: nowhere}], pipelineRef: ${ref}}\n`;
    const { object } = await runLocally(yaml.replace('nowhere', first), { doors });
    expect(object.status.provenance?.refSource).toEqual({
      uri: `git+${repository.url}`,
      digest: { sha1: first },
      entryPoint: 'pipeline.yaml',
    });
    expect(object.spec.pipelineRef?.resolver).toBe('git');
    expect(await refusal(yaml)).toContain('has no revision "nowhere"');
  });

  it('reads StepActions, with params of the task in the params of the resolver', async () => {
    const ref = by('git', { url: repository.url, revision: '$(params.at)', pathInRepo: 'action.yaml' });
    const yaml = run(
      `[{name: a, params: [{name: at, value: v1}], taskSpec: {params: [{name: at}], steps: [{name: s, ref: ${ref}}]}}]`,
    );
    const { printed, taskRuns } = await runLocally(yaml, { doors });
    expect(printed('a')).toEqual(['from a StepAction']);
    expect(taskRuns[0]?.status.steps?.[0]?.provenance?.refSource.digest).toEqual({ sha1: first });
  });

  it('asks for a branch each time, but for a commit only once', async () => {
    const fetches = () => git.requests.filter((request) => request.startsWith('POST')).length;
    await planOf(one(hello(first)));
    const count = fetches();
    await planOf(one(hello(first)));
    expect(fetches()).toBe(count);
    await planOf(one(hello('main')));
    expect(fetches()).toBeGreaterThan(count);
  });

  it('uses what it knows with --offline, says which commit a branch was, and refuses the rest', async () => {
    await planOf(one(hello('main')));
    const count = git.requests.length;
    const { notes } = await planOf(one(hello('main')), { offline: true });
    const commit = repository.git('rev-parse', 'main');
    expect(notes.join('\n')).toMatch(new RegExp(`offline: main of .* is the commit ${commit}, as on \\d{4}-`, 'u'));
    expect(await refusal(one(hello('v0')), { offline: true })).toContain('was not fetched before');
    expect(await refusal(one(hello(first, 'other.yaml')), { offline: true })).toContain('was not fetched before');
    expect(git.requests.length).toBe(count);
  });

  it('logs in with the token of a Secret that is given, and only then', async () => {
    const url = repository.url.replace('tasks.git', 'private/tasks.git');
    const ref = { url, revision: 'main', pathInRepo: 'task.yaml' };
    expect(await refusal(one(by('git', ref)))).toMatch(/the server refused the credentials.*the param gitToken/su);
    const withToken = one(by('git', { ...ref, gitToken: 'login' }));
    expect(await refusal(withToken)).toContain('there is no Secret login');
    const secret = (password: string) =>
      `---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {token: ${password}}\n`;
    expect(await refusal(withToken + secret('wrong'))).toContain('the server refused the credentials');
    expect(scriptOf(await planOf(withToken + secret('s3cret-pw')))).toBe('echo hidden');
  });

  it.each([
    ['a link', 'link.yaml', 'it is a symbolic link'],
    ['a path through a link', 'folder/hello.yaml', 'there is no such file'],
    ['a folder', 'tasks', 'it is a directory'],
    ['what is not there', 'nothing.yaml', 'there is no such file'],
    ['a path out of the repository', '../tasks.git/config', '../tasks.git/config leaves the repository'],
    ['a large file', 'large.yaml', 'and the limit is 1048576'],
    ['another kind', 'pipeline.yaml', 'is a Pipeline, not a Task'],
    ['what is not of Tekton', 'config.yaml', 'is a ConfigMap, not a Task'],
    ['a field that nobody knows', 'wrong.yaml', 'Task/wrong > spec.stepz: is a field that Tekton v1.15 does not know'],
  ])('refuses %s', async (_, path, why) => {
    expect(await refusal(one(hello('main', path)))).toContain(why);
  });

  it.each([
    ['a program for a URL', 'ext::sh', 'main', 'helper program'],
    ['a path of this machine', '/etc', 'main', 'it is a local path'],
    ['a file URL', 'file:///etc', 'main', 'op does not use file://'],
    ['an option for a URL', '--upload-pack=id', 'main', 'starts with "-"'],
    ['an option for a revision', '', '--upload-pack=id', 'starts with "-"'],
    ['a password in a URL', 'https://me:pw@host/r.git', 'main', 'contains a password'],
  ])('refuses %s', async (_, url, revision, why) => {
    const ref = by('git', { url: url || repository.url, revision, pathInRepo: 'tasks/hello.yaml' });
    expect(await refusal(one(ref))).toContain(why);
  });

  it('refuses the API of a Git server by the path of its param, and says what to write', async () => {
    const said = await refusal(one(by('git', { org: 'acme', repo: 'tasks', pathInRepo: 't.yaml' })));
    expect(said).toContain('spec.tasks[0] a > taskRef.params[1] repo: asks the API of a Git server');
    expect(said).toContain('url: https://HOST/ORG/REPO.git');
  });

  it('uses the first object of a file, as Tekton does, and says so', async () => {
    const made = await planOf(one(hello('main', 'two.yaml')));
    expect(scriptOf(made)).toBe('echo first');
    expect(made.notes.join('\n')).toContain('has 2 objects, and only the first is used');
  });

  it('refuses a param of a resolver that only another task makes', async () => {
    const ref = by('git', { url: repository.url, revision: '$(tasks.b.results.r)', pathInRepo: 'tasks/hello.yaml' });
    const yaml = run(
      `[{name: a, taskRef: ${ref}}, {name: b, taskSpec: {results: [{name: r}], steps: [{image: bash, script: 'true'}]}}]`,
    );
    expect(await refusal(yaml)).toContain('uses $(tasks.b.results.r), which is not known before the run starts');
  });
});

describe('the http resolver', () => {
  const page = (path: string, more: Readonly<Record<string, string>> = {}) => by('http', { url: site + path, ...more });

  it('runs a Task of a web server, and says in the status what it was', async () => {
    const { printed, taskRuns } = await runLocally(one(page('/task.yaml')), { doors });
    expect(printed('a')).toEqual(['from the web']);
    const sha256 = createHash('sha256')
      .update(pages.get('/task.yaml')?.body ?? '')
      .digest('hex');
    expect(taskRuns[0]?.status.provenance?.refSource).toEqual({ uri: `${site}/task.yaml`, digest: { sha256 } });
  });

  it('follows redirects, but sends the password only to the first server', async () => {
    const other = await startOther();
    pages.set('/private/moved', { status: 302, headers: { location: `${other.url}/there` }, body: '' });
    const secret = '---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: pw}\n';
    const ref = page('/private/moved', { 'http-username': 'me', 'http-password-secret': 'login' });
    expect(scriptOf(await planOf(one(ref) + secret))).toBe('echo from the other server');
    const basic = `Basic ${Buffer.from('me:pw').toString('base64')}`;
    expect(asked).toContain(`/private/moved ${basic}`);
    expect(other.asked).toEqual(['/there ']);
    other.stop();
  });

  it('refuses redirects without an end, errors, large documents and other digests', async () => {
    pages.set('/round', { status: 302, headers: { location: '/round' }, body: '' });
    pages.set('/file', { status: 302, headers: { location: 'file:///etc/passwd' }, body: '' });
    pages.set('/large', { body: 'x'.repeat(1024 * 1024 + 1) });
    expect(await refusal(one(page('/round')))).toContain('redirects more than 10 times');
    expect(await refusal(one(page('/file')))).toContain('file:// is not http or https');
    expect(await refusal(one(page('/large')))).toContain('it has more than 1048576 bytes');
    expect(await refusal(one(page('/nowhere')))).toContain('the server answered 404');
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(await refusal(one(page('/task.yaml', { digest })))).toContain('is not what the reference wants');
  });

  it('asks again each time, but not with --offline, and not for a digest that it has', async () => {
    const sha512 = createHash('sha512')
      .update(pages.get('/task.yaml')?.body ?? '')
      .digest('hex');
    const pinned = page('/task.yaml', { digest: `sha512:${sha512}` });
    await planOf(one(pinned));
    const count = asked.length;
    await planOf(one(pinned));
    const { notes } = await planOf(one(page('/task.yaml')), { offline: true });
    expect(asked.length).toBe(count);
    expect(notes.join('\n')).toContain('/task.yaml is what it was on');
    await planOf(one(page('/task.yaml')));
    expect(asked.length).toBe(count + 1);
  });

  it('gives no Secret to a document that was fetched', async () => {
    const ref = page('/private.yaml', { 'http-username': 'me', 'http-password-secret': 'login' });
    pages.set('/pipeline.yaml', {
      body: `apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec: {tasks: [{name: a, taskRef: ${ref}}]}\n`,
    });
    const yaml = `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: run}
spec: {pipelineRef: ${page('/pipeline.yaml')}}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: pw}
`;
    const before = asked.length;
    expect(await refusal(yaml)).toContain('a document that was fetched asks for the Secret login');
    expect(asked.slice(before)).toEqual(['/pipeline.yaml']);
    expect(scriptOf(await planOf(`${one(ref)}${yaml.slice(yaml.indexOf('---'))}`))).toBe('echo kept');
  });

  it.each([
    ['a variable', 'env: [{name: T, valueFrom: {secretKeyRef: {name: login, key: password}}}]', ''],
    ['all its keys as variables', 'envFrom: [{secretRef: {name: login}}]', ''],
    ['a volume', '', 'volumes: [{name: v, secret: {secretName: login}}]'],
    ['a projected volume', '', 'volumes: [{name: v, projected: {sources: [{secret: {name: login}}]}}]'],
    ['a claim', '', 'volumes: [{name: v, persistentVolumeClaim: {claimName: login}}]'],
  ])('does not let what was fetched name an object of the user: %s', async (_, inStep, inSpec) => {
    const secret = `---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: pw}\n`;
    const spec = `{${[inSpec, `steps: [{name: main, image: bash, script: 'true'${inStep && `, ${inStep}`}}]`].filter(Boolean).join(', ')}}`;
    const head = (kind: string, version = 'v1') =>
      `apiVersion: tekton.dev/${version}\nkind: ${kind}\nmetadata: {name: far}\n`;
    pages.set('/naming.yaml', { body: `${head('Task')}spec: ${spec}\n` });
    pages.set('/embedding.yaml', { body: `${head('Pipeline')}spec: {tasks: [{name: a, taskSpec: ${spec}}]}\n` });
    const theirs = [
      one(page('/naming.yaml')),
      `apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: run}\nspec: {taskRef: ${page('/naming.yaml')}}\n`,
      `apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: run}\nspec: {pipelineRef: ${page('/embedding.yaml')}}\n`,
    ];
    for (const yaml of theirs) {
      expect(await refusal(yaml + secret)).toMatch(/a document that was fetched names the (?:Secret|claim) login/u);
    }
    const ours = `${one('{name: far}')}---\n${head('Task')}spec: ${spec}\n${secret}`;
    expect(scriptOf(await planOf(ours))).toBe('true');
    if (inStep === '' || inStep.startsWith('envFrom')) return;
    pages.set('/acting.yaml', {
      body: `${head('StepAction', 'v1beta1')}spec: {image: bash, script: 'true', ${inStep}}\n`,
    });
    const step = run(`[{name: a, taskSpec: {steps: [{name: main, ref: ${page('/acting.yaml')}}]}}]`);
    expect(await refusal(step + secret)).toContain('a document that was fetched names the Secret login');
  });

  describe('with Secrets of the user', () => {
    const secret = `---
apiVersion: v1
kind: Secret
metadata: {name: login, annotations: {tekton.dev/git-0: 'https://git.example.com'}}
type: kubernetes.io/basic-auth
stringData: {username: me, password: hunter2}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default}
secrets: [{name: login}]
`;
    const head = (kind: string, version = 'v1') =>
      `apiVersion: tekton.dev/${version}\nkind: ${kind}\nmetadata: {name: far}\n`;
    const byUrl = (pipelineOrTask: string, kind: string) =>
      `apiVersion: tekton.dev/v1\nkind: ${kind}Run\nmetadata: {name: run}\nspec: {${kind.toLowerCase()}Ref: ${pipelineOrTask}}\n`;
    const credentialsOf = async (yaml: string) => {
      const { plan, notes } = await planOf(yaml + secret);
      return { given: Object.values(plan.credentials).flat(), notes: notes.join('\n') };
    };

    it('gives those of a ServiceAccount to no task in which a fetched document runs', async () => {
      pages.set('/sa-task.yaml', { body: task('far', 'true') });
      pages.set('/sa-action.yaml', { body: action('far') });
      pages.set('/sa-embedding.yaml', { body: pipeline });
      pages.set('/sa-naming.yaml', { body: `${head('Pipeline')}spec: {tasks: [{name: a, taskRef: {name: ours}}]}\n` });
      const ours = `---\n${task('ours', 'true')}`;
      for (const yaml of [
        one(page('/sa-task.yaml')),
        byUrl(page('/sa-task.yaml'), 'Task'),
        run(
          `[{name: a, taskSpec: {steps: [{image: bash, script: 'true'}, {name: b, ref: ${page('/sa-action.yaml')}}]}}]`,
        ),
        byUrl(page('/sa-embedding.yaml'), 'Pipeline'),
        byUrl(page('/sa-naming.yaml'), 'Pipeline') + ours,
      ]) {
        const { given, notes } = await credentialsOf(yaml);
        expect(given).toEqual([]);
        expect(notes).toMatch(
          /^(?:a|far|near) gets no Secrets of the ServiceAccount default: a document that was fetched/mu,
        );
      }
      const { given, notes } = await credentialsOf(one('{name: ours}') + ours);
      expect(given.map(({ name }) => name)).toEqual(['login']);
      expect(notes).not.toContain('gets no Secrets');
    });

    it('lets a fetched StepAction mount only the volumes that the step names', async () => {
      const spec = `spec: {image: bash, script: 'true', params: [{name: vn, default: s}], volumeMounts: [{name: $(params.vn), mountPath: /s}]}`;
      pages.set('/mounting.yaml', { body: `${head('StepAction', 'v1beta1')}${spec}\n` });
      const step = (params: string) =>
        run(
          `[{name: a, taskSpec: {volumes: [{name: s, secret: {secretName: login}}, {name: e, emptyDir: {}}], steps: [{name: first, image: bash, script: 'true', results: [{name: r}]}, {name: main, ref: ${page('/mounting.yaml')}${params}}]}}]`,
        );
      const why = 'a StepAction that was fetched chooses the volume $(params.vn) of the Task';
      expect(await refusal(step('') + secret)).toContain(why);
      expect(await refusal(step(', params: [{name: vn, value: [x]}]') + secret)).toContain(why);
      expect(await refusal(step(', params: [{name: vn, value: $(steps.first.results.r)}]') + secret)).toContain(why);
      expect((await planOf(step(', params: [{name: vn, value: e}]') + secret)).plan.name).toBe('run');
      const own = step('').replace(page('/mounting.yaml'), '{name: far}');
      expect((await planOf(`${own}${secret}---\n${head('StepAction', 'v1beta1')}${spec}\n`)).plan.name).toBe('run');
    });

    it.each([
      ['a variable', 'env: [{name: T, valueFrom: {secretKeyRef: {name: login, key: password}}}]', ''],
      ['a volume', '', 'volumes: [{name: v, secret: {secretName: login}}], '],
    ])('lets a fetched Pipeline start no Task of the user that has %s', async (_, inStep, inSpec) => {
      const params = `params: [{name: p, value: 'env | rev'}]`;
      pages.set('/starting.yaml', {
        body: `${head('Pipeline')}spec: {tasks: [{name: a, taskRef: {name: ours}, ${params}}]}\n`,
      });
      const ours = `---\n${head('Task').replace('far', 'ours')}spec: {params: [{name: p, default: x}], ${inSpec}steps: [{name: main, image: bash, script: 'echo; $(params.p)'${inStep && `, ${inStep}`}}]}\n`;
      expect(await refusal(byUrl(page('/starting.yaml'), 'Pipeline') + ours + secret)).toContain(
        'a Pipeline that was fetched starts this Task, which has the Secret login',
      );
      expect((await planOf(one('{name: ours}') + ours + secret)).plan.name).toBe('run');
    });
  });
});

describe('the cluster and hub resolvers', () => {
  it('look in the files that are given', async () => {
    const made = await planOf(
      `${one(by('hub', { kind: 'task', name: 'here', version: '0.1' }))}---\n${task('here', 'echo here')}`,
    );
    expect(scriptOf(made)).toBe('echo here');
    expect(made.notes).toContain(
      'the param version of the resolver hub has no effect: it looks in the files that are given',
    );
  });

  it('say what to do about what is not there, and refuse another kind', async () => {
    const said = await refusal(one(by('cluster', { kind: 'task', name: 'far', namespace: 'ci' })));
    expect(said).toContain('there is no Task far');
    expect(said).toContain('the resolver cluster looks in files here: fetch it, and say where it is with -f FILE');
    expect(await refusal(one(by('cluster', { kind: 'pipeline', name: 'far' })))).toContain(
      'is pipeline, where a Task is wanted',
    );
  });
});

it('fetches nothing where there are no doors to the outside', async () => {
  const { context } = testContext({ cwd: home });
  const file = join(home, 'closed.yaml');
  await writeFile(file, one(by('git', { url: repository.url, revision: 'main', pathInRepo: 'tasks/hello.yaml' })));
  const request = { file: [], param: [], workspace: [], labels: [] };
  await expect(makeRunPlan(context, request, [file])).rejects.toMatchObject({
    why: expect.stringContaining('the resolver git is not used here'),
  });
});

async function startOther() {
  const seen: string[] = [];
  const server = createServer(({ url, headers }, response) => {
    seen.push(`${url} ${headers.authorization ?? ''}`);
    response.end(task('other', 'echo from the other server'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, asked: seen, stop };
}
