import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { apply, projectRoot } from './command.js';
import { type HostOp, hostOp } from './host-op.js';
import {
  applyDist,
  cancel,
  crane,
  createNamespace,
  createRun,
  digest,
  dockerConfig,
  enter,
  imageDigest,
  kubectl,
  kubectlJson,
  logs,
  privateRegistry,
  privateRegistryForPods,
  type Run,
  registry,
  registryForPods,
  removeNamespace,
  waitForRun,
  withDigest,
} from './rig.js';

let namespace: string;
let op: HostOp;

beforeAll(async () => {
  namespace = await createNamespace('mirror');
  await applyDist(namespace);
  op = await hostOp();
  const metadata = { name: 'mirror-registries' };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { 'config.json': dockerConfig() } };
  await apply(stringify(secret), namespace);
  await kubectl(['apply', inNamespace(), '--filename=-'], {
    input: withDigest(
      await readFile(join(projectRoot, 'dist/optional/mirror-nightly.yaml'), 'utf8'),
      await imageDigest(),
    ),
  });
});
afterAll(async () => {
  await op?.dispose();
  await removeNamespace(namespace);
});

const inNamespace = () => `--namespace=${namespace}`;
const image = (name: string) => `${namespace}/${name}`;

/** The digest of what was mirrored, in the registry with a password. */
async function mirrored(name: string): Promise<string> {
  await op.write('login/config.json', dockerConfig([privateRegistry]));
  const login = `DOCKER_CONFIG=${join(op.directory, 'login')}`;
  const reference = `${privateRegistry}/site/${image(name)}`;
  return (await enter('env', [login, 'crane', 'digest', reference], { mayFail: true })).stdout;
}

/** A small image in the anonymous registry. */
async function push(name: string): Promise<void> {
  await crane(['mutate', `--label=name=${name}`, `--tag=${registry}/${image(name)}`, `${registry}/rig/busybox:1`]);
}

/** Writes the mirror file that the schedule uses. */
async function mirrorFile(sources: readonly object[]): Promise<void> {
  const content = {
    version: 1,
    name: 'site',
    defaults: { to: `${privateRegistryForPods}/site/{path}` },
    registries: [registryForPods, privateRegistryForPods].map((host) => ({ host, insecure: true })),
    sources,
  };
  const data = { 'mirror.yaml': stringify(content) };
  await apply(stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mirror' }, data }), namespace);
}

/** Starts the schedule by hand. */
async function startNow(): Promise<{ readonly run: Run; readonly printed: string }> {
  const { exitCode, printed } = await op.run(['schedule', 'run', 'mirror-nightly', inNamespace()]);
  expect(exitCode, printed).toBe(0);
  const [, name = ''] = /started PipelineRun (\S+)/u.exec(printed) ?? [];
  return { run: { kind: 'PipelineRun', name, namespace }, printed };
}

/** Another run of the same mirror, that is not the schedule's. */
const byHand = (params: readonly object[] = []) =>
  createRun(
    namespace,
    JSON.stringify({
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: { generateName: 'by-hand-' },
      spec: {
        pipelineRef: { name: 'mirror' },
        params,
        taskRunTemplate: {
          serviceAccountName: 'octopipeline-mirror',
          podTemplate: { securityContext: { fsGroup: 65532, runAsNonRoot: true, runAsUser: 65532 } },
        },
        workspaces: [
          { name: 'config', configMap: { name: 'mirror' } },
          { name: 'data', emptyDir: {} },
          { name: 'dockerconfig', secret: { secretName: 'mirror-registries' } },
        ],
      },
    }),
  );

/** What the first step of a run has printed so far: tkn has no log of a run that just began. */
const firstStep = ({ name }: Run) => {
  const selector = `--selector=tekton.dev/pipelineRun=${name}`;
  return kubectl(['logs', inNamespace(), selector, '--container=step-resolve', '--tail=-1'], { mayFail: true });
};

test('the nightly schedule mirrors into a registry with a password, and says what changed the next time', async () => {
  await push('web:v1');
  await mirrorFile([{ from: `${registryForPods}/${image('web')}`, tags: { regex: 'v\\d+' } }]);
  const { run } = await startNow();
  const first = await waitForRun(run);
  expect(first, await logs(run)).toMatchObject({ succeeded: true });
  expect(first.results).toMatchObject({ COPIED: '1', UNCHANGED: '0', FAILING: '0' });
  expect(await mirrored('web:v1')).toBe(await digest(`${registry}/${image('web:v1')}`));

  await push('web:v2');
  const next = await startNow();
  const second = await waitForRun(next.run);
  const printed = await logs(next.run);
  expect(second, printed).toMatchObject({ succeeded: true });
  expect(second.results).toMatchObject({ COPIED: '1', UNCHANGED: '1', FAILING: '0' });
  expect(await mirrored('web:v2')).toBe(await digest(`${registry}/${image('web:v2')}`));

  const { items } = await kubectlJson<{ items: readonly { data: Readonly<Record<string, string>> }[] }>([
    'get',
    'configmap',
    inNamespace(),
    '--selector=app.kubernetes.io/component=store-document',
  ]);
  const history = items.find(({ data }) => data.path === 'mirrors/site/history');
  expect(JSON.parse(history?.data['document.json'] ?? '').runs).toHaveLength(2);
});

test('an image that is missing fails the run and is named at its end; the others are copied', async () => {
  await push('web:v3');
  const from = `${registryForPods}/${image('web')}`;
  await mirrorFile([{ from, tags: { regex: 'v\\d+' } }, { from: `${from}:none` }]);
  const { run } = await startNow();
  const outcome = await waitForRun(run);
  const printed = await logs(run);
  expect(outcome, printed).toMatchObject({ succeeded: false });
  expect(await mirrored('web:v3')).toMatch(/^sha256:/u);
  const [last = ''] = printed
    .split('\n')
    .filter((line) => line.includes('why:'))
    .slice(-1);
  expect(last).toContain(`site/${image('web:none')}: missing`);
});

test('while a run works, the schedule skips its start, and another run of this mirror is refused or waits', async () => {
  // Nothing answers there: op asks again for longer than a minute.
  await mirrorFile([{ from: '172.30.0.1:5999/nobody/here:v1' }]);
  const { run } = await startNow();
  const held = async () => {
    const { items } = await kubectlJson<{ items: readonly { metadata: object; spec: { holderIdentity?: string } }[] }>([
      'get',
      'lease',
      inNamespace(),
    ]);
    return items.some(({ spec }) => spec.holderIdentity?.startsWith(`pipelinerun/${namespace}/${run.name}/`));
  };
  await expect.poll(held, { timeout: 60_000, interval: 500 }).toBe(true);

  const skipped = await op.run(['schedule', 'run', 'mirror-nightly', inNamespace()]);
  expect(skipped.printed).toContain(`skipped: ${run.name}`);

  const refused = await byHand();
  const outcome = await waitForRun(refused);
  expect(outcome).toMatchObject({ succeeded: false });
  expect(await logs(refused)).toContain(`is held by PipelineRun ${namespace}/${run.name}`);

  const waiting = await byHand([{ name: 'wait', value: '3m' }]);
  await expect.poll(() => firstStep(waiting), { timeout: 60_000, interval: 500 }).toContain('waiting for up to');
  // It may have given up by now.
  await cancel(run).catch(() => undefined);
  await expect.poll(() => firstStep(waiting), { timeout: 90_000, interval: 500 }).toContain('resolve 1 source');
  await cancel(waiting);
});
