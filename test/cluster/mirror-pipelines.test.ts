import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type ClusterBuildKit, startBuildKit } from './buildkit.js';
import { apply, projectRoot } from './command.js';
import { mirrors } from './four.js';
import {
  createNamespace,
  createRepository,
  createRun,
  digest,
  imageDigest,
  imageReference,
  kubectl,
  kubectlJson,
  logs,
  type Outcome,
  type Repository,
  registry,
  registryForPods,
  removeNamespace,
  removeRepository,
  waitForRun,
  withDigest,
} from './rig.js';

/**
 * The example runs of AutoShift's oc-mirror pipelines, by their names and params. Different are: `taskRunTemplate` in place of
 * `serviceAccountName`, addresses of this cluster, and BuildKit's certificate. In place of oc-mirror runs the recorder of `test/op/oc-mirror`.
 */
let ci: string;
let site: string;
let buildkit: ClusterBuildKit;
let repository: Repository;

beforeAll(async () => {
  [ci, site] = await Promise.all([createNamespace('oc-mirror-pipeline'), createNamespace('oc-mirror')]);
  const containerfile = `FROM ${await imageReference()}\nCOPY --chmod=0755 oc-mirror/oc-mirror.mjs /usr/local/bin/oc-mirror\n`;
  [buildkit, repository] = await Promise.all([
    startBuildKit(),
    createRepository(`oc-mirror-${ci}`, {
      'oc-mirror/Containerfile': containerfile,
      'oc-mirror/oc-mirror.mjs': await readFile(join(projectRoot, 'test/op/oc-mirror/oc-mirror.mjs'), 'utf8'),
      'autoshift/values.hub.yaml': values,
    }),
  ]);
  await buildkit.clientSecret(ci);
  const read = async (name: string) =>
    withDigest(await readFile(join(projectRoot, 'dist', name), 'utf8'), await imageDigest());
  // The Tasks, which are the same for all Pipelines.
  const tasks = ['git-clone', 'build-dockerfile', 'publish-image-info', 'mirror-deploy'];
  for (const task of tasks) await apply(await read(`task-${task}.yaml`), ci);
  await apply(await read('optional/oc-mirror-pipelines.yaml'), ci);
  // The volumes of this cluster are small.
  await apply((await read('optional/oc-mirror.yaml')).replaceAll(/storage: (?:100|50)Gi/gu, 'storage: 1Gi'), site);
  await kubectl([
    ...['create', 'rolebinding', 'mirror-deploy', '--role=octopipeline-oc-mirror', `--namespace=${site}`],
    `--serviceaccount=${ci}:oc-mirror-pipeline`,
  ]);
  const secret = { metadata: { name: 'oc-mirror-pull-secret' }, stringData: { '.dockerconfigjson': '{"auths":{}}' } };
  await apply(stringify({ apiVersion: 'v1', kind: 'Secret', ...secret }), site);
  for (const name of ['oc-mirror-shared-workspace', 'oc-mirror-workspace']) await apply(claim(name), ci);
});
afterAll(async () => {
  await removeNamespace(ci);
  await removeNamespace(site);
  await removeRepository(repository);
});

const values = `hubClusterSets:
  hub:
    labels:
      openshift-version: '4.18.22'
      gitops: 'true'
      gitops-subscription-name: openshift-gitops-operator
      gitops-channel: latest
      gitops-source: redhat-operators
      gitops-source-namespace: openshift-marketplace
`;

const claim = (name: string) =>
  stringify({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });

type Params = Readonly<Record<string, string>>;

/** A run as AutoShift prints it, with the account where Tekton wants it. */
const runOf = (generateName: string, pipeline: string, params: Params, workspaces: readonly object[] = []) => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName },
  spec: {
    pipelineRef: { name: pipeline },
    params: Object.entries(params).map(([name, value]) => ({ name, value })),
    taskRunTemplate: {
      serviceAccountName: 'oc-mirror-pipeline',
      podTemplate: { securityContext: { fsGroup: 65532, runAsNonRoot: true, runAsUser: 65532 } },
    },
    workspaces,
  },
});
const bound = [
  { name: 'shared-workspace', persistentVolumeClaim: { claimName: 'oc-mirror-shared-workspace' } },
  { name: 'mirror-data', persistentVolumeClaim: { claimName: 'oc-mirror-workspace' } },
];

async function run(manifest: object): Promise<{ readonly outcome: Outcome; readonly printed: string }> {
  const started = await createRun(ci, JSON.stringify(manifest));
  const outcome = await waitForRun(started);
  return { outcome, printed: await logs(started) };
}
/** A deployment of this test: its values are in its own Git server, and its workloads in its own namespace. */
const deploy = (generateName: string, params: Params, workspaces: readonly object[] = bound) =>
  run(
    runOf(
      generateName,
      'oc-mirror-deployment-pipeline',
      { ...params, 'values-git-url': repository.url, namespace: site },
      workspaces,
    ),
  );

interface Workload {
  readonly spec: {
    readonly suspend?: boolean;
    readonly schedule?: string;
    readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: PodSpec } } };
    readonly template: { readonly spec: PodSpec };
  };
}
interface PodSpec {
  readonly containers: readonly { readonly image: string; readonly args: readonly string[] }[];
}
const get = <T>(kind: string, name: string, namespace = site) =>
  kubectlJson<T>(['get', kind, name, `--namespace=${namespace}`]);

/** Starts a CronJob by hand, and gives the log of its Job. */
async function startNow(cronJob: string, job: string): Promise<string> {
  await kubectl(['create', 'job', `--from=cronjob/${cronJob}`, job, `--namespace=${site}`]);
  await kubectl(['wait', `job/${job}`, `--namespace=${site}`, '--for=condition=Complete', '--timeout=120s'], {
    timeout: 130_000,
  });
  return kubectl(['logs', `job/${job}`, `--namespace=${site}`, '--container=oc-mirror']);
}

let built: string | undefined;

test('a run with serviceAccountName, as it is printed, is refused by Tekton', async () => {
  const { spec, ...rest } = runOf('oc-mirror-incremental-', 'oc-mirror-deployment-pipeline', {});
  const { taskRunTemplate: _, ...printed } = spec;
  const manifest = JSON.stringify({ ...rest, spec: { ...printed, serviceAccountName: 'oc-mirror-pipeline' } });
  await expect(createRun(ci, manifest)).rejects.toThrow('serviceAccountName');
});

test('build: the image is pushed, and its digest and commit are in the image ConfigMap', async () => {
  const params = {
    ...{ 'git-url': repository.url, 'image-registry': `${registryForPods}/${ci}`, 'image-name': 'oc-mirror-autoshift' },
    ...{ 'image-tag': 'latest', platforms: 'linux/amd64' },
    // This cluster's own.
    ...{ 'image-mirrors': mirrors, 'insecure-registries': registryForPods },
  };
  const workspaces = [bound[0] ?? {}, { name: 'buildkit-client', secret: { secretName: 'buildkit-client' } }];
  const { outcome, printed } = await run(runOf('oc-mirror-build-run-', 'oc-mirror-build-pipeline', params, workspaces));
  expect(outcome, printed).toMatchObject({ succeeded: true });
  const { data } = await get<{ data: Params }>('configmap', 'oc-mirror-images', ci);
  const inRegistry = await digest(`${registry}/${ci}/oc-mirror-autoshift:latest`);
  expect(data).toMatchObject({
    'image-name': 'oc-mirror-autoshift',
    'image-url': `${registryForPods}/${ci}/oc-mirror-autoshift:latest`,
    'image-digest': inRegistry,
    'git-revision': repository.commit,
  });
  built = `${registryForPods}/${ci}/oc-mirror-autoshift@${inRegistry}`;
});

test('a Job with the defaults: values from Git, an ImageSet made of them, to disk, and the run ends as the Job does', async () => {
  const { outcome, printed } = await deploy('oc-mirror-job-', {});
  expect(outcome, printed).toMatchObject({ succeeded: true, results: { METHOD: 'generated' } });
  expect(outcome.results.SUMMARY).toContain('1 of 1 operator');
  expect(printed).toContain('workflow mode: to-disk');
  const [, name = ''] = String(outcome.results.WORKLOAD).split('/');
  const job = await get<Workload>('job', name);
  expect(job.spec.template.spec.containers[0]?.image).toBe(built);
  const { data } = await get<{ data: Params }>('configmap', 'oc-mirror-config');
  expect(data['values.yaml']).toBe(values);
  expect(data['imageset.yaml']).toContain('stable-4.18');
});

test('oc-mirror-incremental-: a CronJob to disk every night, which keeps the archive of the run before', async () => {
  const params = {
    ...{ 'values-file-path': 'autoshift/values.hub.yaml', 'deploy-mode': 'cronjob', schedule: '0 2 * * *' },
    ...{ workflow: 'workflow-to-disk', 'incremental-mode': 'true', 'operators-only': 'false' },
  };
  const { outcome, printed } = await deploy('oc-mirror-incremental-', params);
  expect(outcome, printed).toMatchObject({ succeeded: true, results: { WORKLOAD: 'cronjob/oc-mirror-cronjob' } });
  const { spec } = await get<Workload>('cronjob', 'oc-mirror-cronjob');
  expect(spec).toMatchObject({ suspend: false, schedule: '0 2 * * *' });
  expect(spec.jobTemplate.spec.template.spec.containers[0]?.image).toBe(built);
  const log = await startNow('oc-mirror-cronjob', 'by-hand');
  expect(log).toMatch(/the archives of the run before are kept in \/content\/archives\/\d{8}T\d{6}Z/u);
  expect(log).toContain('baseline: the run of 20');
});

test('oc-mirror-direct-: a dry run from registry to registry', async () => {
  const params = {
    ...{ workflow: 'workflow-direct', 'target-registry': 'registry.example.com:443/mirror' },
    ...{ 'incremental-mode': 'true', 'operators-only': 'true', 'dry-run': 'true' },
  };
  const { outcome, printed } = await deploy('oc-mirror-direct-', params);
  expect(outcome, printed).toMatchObject({ succeeded: true });
  expect(outcome.results.SUMMARY).toMatch(
    /^oc-mirror: a dry run; \d+ images? in \/content\/working-dir\/dry-run\/mapping\.txt$/u,
  );
});

test('oc-mirror-custom-: an ImageSet of its own, without workspaces; images that fail make the run fail', async () => {
  const imageSet = (name: string) =>
    `kind: ImageSetConfiguration\nmirror:\n  additionalImages:\n    - name: quay.io/acme/${name}:v1\n`;
  const configMap = (text: string) =>
    apply(
      stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'production-imageset' },
        data: { 'imageset.yaml': text },
      }),
      site,
    );
  const params = { 'imageset-configmap': 'production-imageset', 'incremental-mode': 'true' };
  await configMap(imageSet('web'));
  const good = await deploy('oc-mirror-custom-', params, []);
  expect(good.outcome, good.printed).toMatchObject({ succeeded: true, results: { METHOD: 'configmap' } });
  expect(good.printed).toContain('nothing to clone: production-imageset is used');
  await configMap(imageSet('missing'));
  const bad = await deploy('oc-mirror-custom-', params, []);
  expect(bad.outcome, bad.printed).toMatchObject({ succeeded: false });
  expect(bad.printed).toContain('additional images failed');
  expect(bad.printed).toContain('why: oc-mirror failed (exit code 4)');
});

test('deployment: a suspended CronJob takes its place, and runs when it is started by hand', async () => {
  const { outcome, printed } = await deploy('oc-mirror-deployment-', {
    'deploy-mode': 'deployment',
    environment: 'lab',
  });
  expect(outcome, printed).toMatchObject({ succeeded: true, results: { WORKLOAD: 'cronjob/oc-mirror-lab-on-demand' } });
  expect((await get<Workload>('cronjob', 'oc-mirror-lab-on-demand')).spec.suspend).toBe(true);
  const log = await startNow('oc-mirror-lab-on-demand', 'lab-now');
  expect(log).toContain('baseline: none: working-dir has no history');
});
