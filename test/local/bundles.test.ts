import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRunPlan } from '../../src/local/commands/make-run-plan.js';
import { localDoors } from '../../src/op/cli/commands/local-doors.js';
import { OpError } from '../../src/op/kit/errors/op-error.js';
import {
  dockerConfig,
  type LocalRegistry,
  password,
  startPasswordRegistry,
  startRegistry,
} from '../op/local-registry.js';
import { pushImage } from '../op/pushed-image.js';
import { pushBundle } from '../op/tekton-bundle.js';
import { testContext } from '../op/test-context.js';
import { withTools } from '../tools.js';

const doors = localDoors({ insecureRegistry: [] });
let home: string;
let registry: LocalRegistry;
let digest: string;

const task = (name: string, script: string) =>
  `apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: ${name}}\nspec: {steps: [{image: bash, script: '${script}'}]}\n`;

const objects = [
  { kind: 'task', name: 'hello', yaml: task('hello', 'echo bundled') },
  {
    kind: 'pipeline',
    name: 'hello',
    yaml: 'apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: hello}\nspec: {tasks: [{name: a, taskRef: {name: hello}}]}\n',
  },
  { kind: 'task', name: 'raw', yaml: task('raw', 'echo raw'), raw: true },
];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'bundles-test-'));
  registry = await startRegistry();
  digest = await pushBundle(registry.host, 'team/tasks', 'v1', objects);
});

afterAll(async () => {
  await registry.stop();
  await rm(home, { recursive: true, force: true });
});

const one = (params: Readonly<Record<string, string>>, more = '') => `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: run}
spec:
  pipelineSpec:
    tasks:
      - name: a
        taskRef: ${JSON.stringify({ resolver: 'bundles', params: Object.entries(params).map(([name, value]) => ({ name, value })) })}
${more}`;

async function planOf(yaml: string, { offline = false, place = home } = {}) {
  const directory = await mkdtemp(join(home, 'plan-'));
  const file = join(directory, 'run.yaml');
  await writeFile(file, yaml);
  const { context } = testContext({
    env: { PATH: withTools(['crane']).PATH, HOME: place, DOCKER_CONFIG: '/nowhere' },
    cwd: directory,
  });
  return makeRunPlan(context, { file: [], param: [], workspace: [], labels: [], offline }, [file], doors);
}

async function refusal(...parts: Parameters<typeof planOf>): Promise<string> {
  const error: unknown = await planOf(...parts).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OpError) return `${error.message}\n${error.why}\n${error.hint}`;
  throw new Error('it was not refused', { cause: error });
}

describe('the bundles resolver', () => {
  it('reads a Task by its kind and name, and knows the digest of the bundle', async () => {
    const { plan } = await planOf(one({ bundle: `${registry.host}/team/tasks:v1`, name: 'hello', kind: 'task' }));
    expect(plan.tasks.a?.spec.steps[0]?.script).toBe('echo bundled');
    expect(plan.tasks.a?.fetched?.refSource).toEqual({
      uri: `${registry.host}/team/tasks`,
      digest: { sha256: digest.slice(7) },
      entryPoint: 'hello',
    });
  });

  it('reads a Pipeline of the same name, by digest, and a layer that is no tar', async () => {
    const bundle = `${registry.host}/team/tasks@${digest}`;
    const params = [
      { name: 'bundle', value: bundle },
      { name: 'name', value: 'hello' },
      { name: 'kind', value: 'pipeline' },
    ];
    const yaml = `apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: run}\nspec: {pipelineRef: ${JSON.stringify({ resolver: 'bundles', params })}}\n---\n${task('hello', 'echo own')}`;
    const { plan } = await planOf(yaml);
    expect(plan.pipelineName).toBe('hello');
    expect(plan.tasks.a?.spec.steps[0]?.script).toBe('echo own');
    const raw = await planOf(one({ bundle, name: 'raw' }));
    expect(raw.plan.tasks.a?.spec.steps[0]?.script).toBe('echo raw');
  });

  it('needs no registry for what it knows: a digest always, a tag with --offline', async () => {
    const short = await startRegistry();
    const own = await mkdtemp(join(home, 'cache-'));
    const pinned = await pushBundle(short.host, 'team/tasks', 'v1', objects);
    const byTag = one({ bundle: `${short.host}/team/tasks:v1`, name: 'hello' });
    const byDigest = one({ bundle: `${short.host}/team/tasks@${pinned}`, name: 'hello' });
    await planOf(byTag, { place: own });
    await planOf(byDigest, { place: own });
    await short.stop();
    await planOf(byDigest, { place: own });
    const { notes } = await planOf(byTag, { place: own, offline: true });
    expect(notes.join('\n')).toContain(`/team/tasks:v1 is ${short.host}/team/tasks@${pinned}, as on`);
    const other = one({ bundle: `${short.host}/team/tasks:v2`, name: 'hello' });
    expect(await refusal(other, { place: own, offline: true })).toContain('was not fetched before');
  });

  it('logs in with the Secret that is named, if it is given', async () => {
    const closed = await startPasswordRegistry();
    try {
      const params = { bundle: `${closed.host}/team/tasks:v1`, name: 'hello' };
      expect(await refusal(one({ ...params, secret: 'login' }))).toContain('there is no Secret login');
      const secret = (text: string) =>
        `---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {.dockerconfigjson: ${JSON.stringify(text)}}\n`;
      const config = dockerConfig(closed.host, password);
      expect(await refusal(one(params))).toMatch(/UNAUTHORIZED|401/u);
      // The credentials are right, and the registry is empty.
      expect(await refusal(one({ ...params, secret: 'login' }, secret(config)))).toMatch(/_UNKNOWN/u);
    } finally {
      await closed.stop();
    }
  });

  it('refuses what is no bundle', async () => {
    const push = (tag: string, parts: Parameters<typeof pushBundle>[3]) =>
      pushBundle(registry.host, 'bad/tasks', tag, parts);
    const bad = (tag: string, name = 'hello') => one({ bundle: `${registry.host}/bad/tasks:${tag}`, name });
    const [hello] = objects;
    if (hello === undefined) throw new Error('there is no object');
    await push(
      'many',
      Array.from({ length: 21 }, (_, index) => ({ ...hello, name: `t${index}` })),
    );
    await push('bare', [{ ...hello, annotations: { 'dev.tekton.image.name': 'hello' } }]);
    await push('plural', [{ ...hello, kind: 'Tasks' }]);
    await push('kind', [{ kind: 'task', name: 'hello', yaml: objects[1]?.yaml ?? '' }]);
    await push('large', [{ ...hello, yaml: `# ${randomBytes(600_000).toString('hex')}\n`, raw: true }]);
    await push('bomb', [{ ...hello, yaml: `# ${'x'.repeat(2_000_000)}\n` }]);
    await pushImage(`${registry.host}/bad/tasks:image`);
    expect(await refusal(bad('many'))).toContain('it has 21 layers, and the limit is 20');
    expect(await refusal(bad('bare'))).toContain('its layer 0 has no annotation dev.tekton.image.apiVersion');
    expect(await refusal(bad('plural'))).toContain('is Tasks, which is not lower-case and singular');
    expect(await refusal(bad('kind'))).toContain('is a Pipeline, not a Task');
    expect(await refusal(bad('large'))).toContain('layer 0 has more than 1048576 bytes');
    expect(await refusal(bad('bomb'))).toContain('layer 0 is neither a file nor a small tar with one');
    expect(await refusal(bad('image'))).toContain('its layer 0 has no annotation dev.tekton.image.apiVersion');
    expect(await refusal(bad('absent'))).toContain('cannot read');
    const params = { bundle: `${registry.host}/team/tasks:v1`, name: 'other' };
    expect(await refusal(one(params))).toContain('it has no task other, only task hello, pipeline hello, task raw');
    expect(await refusal(one({ ...params, bundle: '-x' }))).toContain('"-x" is not a reference to an image');
  });
});
