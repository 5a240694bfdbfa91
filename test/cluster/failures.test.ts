import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyDist,
  cancel,
  createNamespace,
  createRepository,
  createRun,
  credentials,
  digest,
  dockerConfig,
  enter,
  filesOf,
  kubectl,
  logs,
  type Outcome,
  privateRegistry,
  privateRegistryForPods,
  privateRegistryService,
  type Repository,
  registry,
  registryForPods,
  removeNamespace,
  removeRepository,
  waitForRun,
} from './rig.js';
import { buildPushRun, withDebug } from './sample.js';

/** A repository of one image whose build is the given script. */
const files = (script: string) => ({
  'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: app
      custom:
        buildCommand: sh build.sh
`,
  'build.sh': script,
});
const succeeds = `set -eu
tar -cf /tmp/layer.tar build.sh
crane append --oci-empty-base --new_layer /tmp/layer.tar --new_tag "$IMAGE"
`;

let namespace: string;
const repositories: Repository[] = [];
async function repository(name: string, script: string): Promise<Repository> {
  const made = await createRepository(`${name}-${namespace}`, files(script));
  repositories.push(made);
  return made;
}

/** Starts a run and waits for its end. */
async function run(manifest: string): Promise<{ outcome: Outcome; log: string }> {
  const started = await createRun(namespace, manifest);
  const outcome = await waitForRun(started, 180_000);
  return { outcome, log: await logs(started) };
}

let good: Repository;
beforeAll(async () => {
  namespace = await createNamespace('failures');
  await applyDist(namespace);
  good = await repository('good', succeeds);
});
afterAll(async () => {
  await removeNamespace(namespace);
  await Promise.all(repositories.map(removeRepository));
});

const published = () =>
  kubectl([
    'get',
    'configmap',
    `--namespace=${namespace}`,
    '--selector=app.kubernetes.io/managed-by=octopipeline',
    '--output=name',
  ]);

describe('a run that cannot succeed explains why in three lines, publishes nothing, and leaves nothing in the registry', () => {
  test('a revision that does not exist', async () => {
    const { outcome, log } = await run(
      buildPushRun({
        params: { url: good.url, revision: 'no-such-branch', repository: `${registryForPods}/${namespace}` },
      }),
    );
    expect(outcome.succeeded).toBe(false);
    expect(log).toMatch(/error: .*no-such-branch.*\n.* {2}why: .*\n.* {2}do: {2}/u);
    expect(await published()).toBe('');
  });

  test('a build that fails', async () => {
    const failing = await repository('failing', 'echo the compiler says no >&2; exit 7\n');
    const { outcome, log } = await run(
      buildPushRun({ params: { url: failing.url, repository: `${registryForPods}/${namespace}/failing` } }),
    );
    expect(outcome.succeeded).toBe(false);
    expect(log).toContain('the compiler says no');
    expect(log).toMatch(/error: .*\n.* {2}why: [\s\S]* {2}do: {2}/u);
    expect(await digest(`${registry}/${namespace}/failing/app:${failing.commit.slice(0, 7)}`)).toBeUndefined();
    expect(await published()).toBe('');
  });

  test('a registry that refuses access without credentials', async () => {
    const { outcome, log } = await run(
      buildPushRun({ params: { url: good.url, repository: `${privateRegistryForPods}/${namespace}` } }),
    );
    expect(outcome.succeeded).toBe(false);
    expect(log).toMatch(/error: .*\n.* {2}why: .*(401|unauthorized|credential)/iu);
    expect(await published()).toBe('');
  });
});

describe('credentials are files, each for one step', () => {
  beforeAll(async () => {
    const secret = (name: string, entries: Readonly<Record<string, string>>) =>
      kubectl([
        'create',
        'secret',
        'generic',
        name,
        `--namespace=${namespace}`,
        ...Object.entries(entries).map(([key, value]) => `--from-literal=${key}=${value}`),
      ]);
    await secret('registry-credentials', { '.dockerconfigjson': dockerConfig([privateRegistryService]) });
    await secret('git-credentials', credentials);
  });

  test('the private example runs unchanged, with a private repository and registry, and no log contains a secret', async () => {
    const secretive = await createRepository('private/shop', await filesOf('examples/sample-app'));
    repositories.push(secretive);
    const { outcome, log } = await run(await readFile('examples/build-push-private.yaml', 'utf8'));
    expect(outcome, log).toMatchObject({ succeeded: true });
    expect(log).toContain(
      `credentials of ${privateRegistryService}: seen by the builders, which push images themselves: custom (web), custom (team/api)`,
    );
    expect(await privateDigest(`shop/team_api:${secretive.commit.slice(0, 7)}`)).toBe(outcome.results.IMAGE_DIGEST);
    expect(log).not.toContain(credentials.password);
    expect(log).not.toContain(Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64'));
  });

  test('the code of the repository sees no credential of Git and no Kubernetes token', async () => {
    const curious = await repository(
      'private/curious',
      `${succeeds}
ls /workspace /source /secrets /var/run/secrets/kubernetes.io 2>&1 || true
find / -name '*git-credentials*' -o -name password -o -name token -path '*serviceaccount*' 2>/dev/null | sed 's/^/found: /'
grep -rs ${credentials.password.replace('-', '[-]')} /workspace /source /secrets /home /tmp /tekton 2>/dev/null | sed 's/^/leaked: /' || true
`,
    );
    const { outcome, log } = await run(
      buildPushRun({
        params: { url: curious.url, repository: `${registryForPods}/${namespace}/curious` },
        workspaces: {
          source: { volumeClaimTemplate: { storage: '1Gi' } },
          'basic-auth': { secret: 'git-credentials' },
        },
      }),
    );
    expect(outcome, log).toMatchObject({ succeeded: true });
    expect(log).not.toContain('found: ');
    expect(log).not.toContain('leaked: ');
  });
});

describe('a run that is stopped', () => {
  const slow = 'sleep 300\n';

  test('ends within seconds of tkn pr cancel, and a later run for the same commit succeeds', async () => {
    const half = await repository(
      'half',
      `[ -e /source/second ] || { touch /source/second; ${slow.trim()}; }\n${succeeds}`,
    );
    await kubectl(['create', `--namespace=${namespace}`, '--filename=-'], { input: claim('half') });
    const manifest = buildPushRun({
      params: { url: half.url, repository: `${registryForPods}/${namespace}/half` },
      workspaces: { source: { persistentVolumeClaim: 'half' } },
    });
    const stopped = await createRun(namespace, withDebug(manifest));
    await untilLog(stopped.name, 'Building [app]');
    const before = Date.now();
    await cancel(stopped);
    expect(await waitForRun(stopped)).toMatchObject({ succeeded: false, reason: 'Cancelled' });
    expect(Date.now() - before).toBeLessThan(60_000);
    const { outcome, log } = await run(manifest);
    expect(outcome, log).toMatchObject({ succeeded: true });
  });

  test('a pod killed during a build leaves nothing that breaks the next pod', async () => {
    const killed = await repository(
      'killed',
      `[ -e /source/second ] || { touch /source/second; ${slow.trim()}; }\n${succeeds}`,
    );
    await kubectl(['create', `--namespace=${namespace}`, '--filename=-'], { input: claim('killed') });
    const manifest = buildPushRun({
      params: { url: killed.url, repository: `${registryForPods}/${namespace}/killed` },
      workspaces: { source: { persistentVolumeClaim: 'killed' } },
    });
    const stopped = await createRun(namespace, withDebug(manifest));
    await untilLog(stopped.name, 'Building [app]');
    await kubectl([
      'delete',
      'pod',
      `${stopped.name}-build-pod`,
      `--namespace=${namespace}`,
      '--grace-period=0',
      '--force',
    ]);
    // Tekton starts a new pod for the same TaskRun, on the same volume.
    const outcome = await waitForRun(stopped);
    expect(outcome, await logs(stopped)).toMatchObject({ succeeded: true });
  });

  test('a build that takes too long ends at its own deadline, with the reason in the log', async () => {
    const endless = await repository('endless', slow);
    const { outcome, log } = await run(
      buildPushRun({
        params: { url: endless.url, repository: `${registryForPods}/${namespace}/endless`, 'build-timeout': '5s' },
      }),
    );
    expect(outcome.succeeded).toBe(false);
    expect(log).toMatch(/error: .*\n.* {2}why: .*5 s/u);
  });

  test("a run that takes longer than Tekton's own timeout is stopped, and publishes nothing", async () => {
    const late = await repository('late', slow);
    const before = await published();
    const started = await createRun(
      namespace,
      buildPushRun({
        params: { url: late.url, repository: `${registryForPods}/${namespace}/late` },
        timeouts: { pipeline: '15s' },
      }),
    );
    expect(await waitForRun(started)).toMatchObject({ succeeded: false, reason: 'PipelineRunTimeout' });
    expect(await published()).toBe(before);
  });
});

/** The digest that the private registry has for a path. */
async function privateDigest(path: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'docker-config-'));
  await writeFile(join(folder, 'config.json'), dockerConfig([privateRegistry]));
  const { stdout } = await enter('env', [`DOCKER_CONFIG=${folder}`, 'crane', 'digest', `${privateRegistry}/${path}`]);
  await rm(folder, { recursive: true });
  return stdout;
}

const claim = (name: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });

/** Waits until the build step of a run has printed something. */
async function untilLog(name: string, text: string): Promise<void> {
  const args = ['logs', `${name}-build-pod`, '--container=step-build-push', `--namespace=${namespace}`];
  for (let attempt = 0; attempt < 120; attempt += 1) {
    if ((await kubectl(args, { mayFail: true })).includes(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`run ${name} never printed "${text}"`);
}
