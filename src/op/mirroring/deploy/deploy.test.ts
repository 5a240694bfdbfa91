import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OcMirrorWorkloads } from '../../../../optional/mirror/oc-mirror-workloads.js';
import { kubernetesPath, missingTools, startKubernetesApi } from '../../../../test/op/kubernetes-api.js';
import { testContext } from '../../../../test/op/test-context.js';
import { CatalogApp, CatalogChart } from '../../../index.js';
import { readRequest } from '../../kit/options/read-request.js';
import { deploy } from './deploy.js';
import { deployOptions } from './options.js';

const digest = `sha256:${'a'.repeat(64)}`;
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
const imageSet = `apiVersion: mirror.openshift.io/v1alpha2
kind: ImageSetConfiguration
storageConfig: { local: { path: /x } }
mirror:
  additionalImages:
    - name: quay.io/acme/web:v1
`;

describe.skipIf(missingTools.length > 0)(
  'op mirror deploy on a real API server, with the rights of dist/optional/oc-mirror.yaml',
  () => {
    let server: Awaited<ReturnType<typeof startKubernetesApi>>;
    let room: string;
    let count = 0;

    beforeAll(async () => {
      room = await mkdtemp(join(tmpdir(), 'mirror-deploy-'));
      await mkdir(join(room, 'repository'));
      await writeFile(join(room, 'repository/values.hub.yaml'), values);
      server = await startKubernetesApi();
      await server.kubectl(['create', 'namespace', 'shop']);
      const chart = new CatalogChart(new CatalogApp({ producedBy: 'test', outdir: 'unused' }), 'rights', {
        source: 's',
      });
      new OcMirrorWorkloads(chart, 'oc-mirror');
      const rights = (chart.node.root as CatalogApp).files().get('rights.yaml') ?? '';
      for (const namespace of ['site', 'other']) {
        await server.kubectl(['create', 'namespace', namespace]);
        await server.kubectl(['apply', `--namespace=${namespace}`, '--filename=-'], rights);
        await server.kubectl([
          ...['create', 'rolebinding', 'deploy', '--role=octopipeline-oc-mirror', `--namespace=${namespace}`],
          '--serviceaccount=shop:default',
        ]);
      }
      await server.kubectl(['create', 'role', 'read', '--verb=get', '--resource=configmaps', '--namespace=shop']);
      const bind = [
        'create',
        'rolebinding',
        'read',
        '--role=read',
        '--serviceaccount=shop:default',
        '--namespace=shop',
      ];
      await server.kubectl(bind);
      await server.kubectl([
        ...['create', 'configmap', 'oc-mirror-images', '--namespace=shop', `--from-literal=image-digest=${digest}`],
        '--from-literal=image-url=registry.example/oc-mirror-autoshift:latest',
        '--from-literal=git-revision=0123456789abcdef0123456789abcdef01234567',
      ]);
    }, 120_000);
    afterAll(async () => {
      await server?.stop();
      await rm(room, { recursive: true, force: true });
    });

    /** As the step of the Task calls it. */
    function run(texts: Readonly<Record<string, string>>, namespace = 'site') {
      count += 1;
      const { context, printed } = testContext({
        cwd: room,
        env: { PATH: kubernetesPath, HOME: room, TMPDIR: room, KUBECONFIG: server.kubeconfig('default', 'shop') },
      });
      const given = {
        ...{ namespace, imageNamespace: 'shop', values: 'values.hub.yaml', valuesDirectory: 'repository' },
        ...{ opImage: `ghcr.io/octopilot/octopipeline:1@${digest}`, run: `${count}0000000-1111`, timeout: '60s' },
        ...texts,
      };
      const request = readRequest(
        'mirror deploy',
        deployOptions,
        Object.fromEntries(Object.entries(given).map(([name, text]) => [name, [text]])),
      );
      return { done: deploy(context, request), printed, job: `oc-mirror-job-${count}0000000` };
    }
    const get = async (kind: string, name: string, namespace = 'site') =>
      JSON.parse(await server.kubectl(['get', kind, name, `--namespace=${namespace}`, '--output=json']));
    const nothingIn = async (namespace: string) =>
      expect(await server.kubectl(['get', 'cronjobs,jobs', '--output=name', `--namespace=${namespace}`])).toBe('');

    it('makes the ConfigMaps of an environment, and a CronJob that the API server takes; again, it changes nothing', async () => {
      const asked = { deployMode: 'cronjob', schedule: '0 2 * * *', timeZone: 'Europe/Berlin', environment: 'prod' };
      const first = await run(asked).done;
      expect(first).toEqual({ WORKLOAD: 'cronjob/oc-mirror-prod-cronjob', METHOD: 'generated', SUMMARY: '' });
      const { data } = await get('configmap', 'oc-mirror-prod-config');
      expect(data['values.yaml']).toBe(values);
      expect(data['imageset.yaml']).toContain('name: openshift-gitops-operator');
      const before = await get('cronjob', 'oc-mirror-prod-cronjob');
      expect(before.spec).toMatchObject({ schedule: '0 2 * * *', timeZone: 'Europe/Berlin', suspend: false });
      const { containers } = before.spec.jobTemplate.spec.template.spec;
      expect(containers[0].image).toBe(`registry.example/oc-mirror-autoshift@${digest}`);
      await run(asked).done;
      const after = await get('cronjob', 'oc-mirror-prod-cronjob');
      expect(after.metadata.generation).toBe(before.metadata.generation);
    });

    it('takes an ImageSet from a ConfigMap, converts it, and deploys it suspended', async () => {
      await server.kubectl([
        'create',
        'configmap',
        'production-imageset',
        '--namespace=site',
        `--from-literal=imageset.yaml=${imageSet}`,
      ]);
      const done = await run({ imagesetConfigmap: 'production-imageset', deployMode: 'deployment' }).done;
      expect(done).toEqual({ WORKLOAD: 'cronjob/oc-mirror-on-demand', METHOD: 'configmap', SUMMARY: '' });
      const { data } = await get('configmap', 'oc-mirror-config');
      expect(Object.keys(data)).toEqual(['imageset.yaml']);
      expect(data['imageset.yaml']).toContain('mirror.openshift.io/v2alpha1');
      expect((await get('cronjob', 'oc-mirror-on-demand')).spec.suspend).toBe(true);
    });

    it('takes values from a ConfigMap', async () => {
      await server.kubectl(['create', 'configmap', 'hub-values', '--namespace=site', `--from-file=${room}/repository`]);
      const { METHOD } = await run({ valuesConfigmap: 'hub-values', values: '', deployMode: 'suspended' }).done;
      expect(METHOD).toBe('generated');
    });

    /** What a Job controller and a kubelet would write. */
    async function endJob(job: string, type: 'Complete' | 'Failed', exitCode: number): Promise<void> {
      await expect
        .poll(() => server.kubectl(['get', 'job', '--namespace=site', '--output=name']), { timeout: 30_000 })
        .toContain(job);
      const now = new Date().toISOString();
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `${job}-x`, namespace: 'site', labels: { 'batch.kubernetes.io/job-name': job } },
        spec: { containers: [{ name: 'oc-mirror', image: 'x' }] },
      };
      await server.kubectl(['create', '--filename=-'], JSON.stringify(pod));
      const terminated = { exitCode, startedAt: now, finishedAt: now };
      const status = {
        containerStatuses: [
          { name: 'oc-mirror', image: 'x', imageID: 'x', ready: false, restartCount: 0, state: { terminated } },
        ],
      };
      const patch = (kind: string, name: string, body: object) =>
        server.kubectl([
          'patch',
          kind,
          name,
          '--namespace=site',
          '--subresource=status',
          '--type=merge',
          `--patch=${JSON.stringify({ status: body })}`,
        ]);
      await patch('pod', `${job}-x`, status);
      const types = type === 'Complete' ? ['SuccessCriteriaMet', type] : ['FailureTarget', type];
      const conditions = types.map((one) => ({ type: one, status: 'True', lastTransitionTime: now }));
      await patch('job', job, { startTime: now, conditions, ...(type === 'Complete' ? { completionTime: now } : {}) });
    }

    it('waits for a Job that succeeds', async () => {
      const { done, job, printed } = run({});
      await endJob(job, 'Complete', 0);
      expect(await done).toMatchObject({ WORKLOAD: `job/${job}` });
      expect(printed).toContain(`Job ${job} has succeeded`);
    });

    it('fails with a Job that fails, and says what its exit code means', async () => {
      const { done, job } = run({});
      const failed = expect(done).rejects.toMatchObject({
        outputs: { WORKLOAD: `job/${job}` },
        failure: { kind: 'tool', message: `the Job ${job} has failed`, why: 'oc-mirror failed (exit code 4)' },
      });
      await endJob(job, 'Failed', 4);
      await failed;
    });

    it('a Job that makes no pod in time is a deadline, with the reason', async () => {
      await expect(run({ timeout: '2s' }).done).rejects.toMatchObject({
        kind: 'deadline',
        why: expect.stringContaining('it has no pod'),
      });
    });

    it.each([
      [{ imagesetConfigmap: 'none' }, 'there is no ConfigMap none in namespace other'],
      [{ imageConfigmap: 'none' }, 'there is no ConfigMap none in namespace shop'],
      [{ values: 'missing.yaml' }, 'cannot read missing.yaml'],
      [{ values: 'link.yaml' }, 'link.yaml is not read'],
      [{ values: '../outside.yaml' }, '../outside.yaml is not read'],
    ])('%j is refused, and nothing is deployed', async (texts, message) => {
      await writeFile(join(room, 'outside.yaml'), values);
      await rm(join(room, 'repository/link.yaml'), { force: true });
      await symlink('../outside.yaml', join(room, 'repository/link.yaml'));
      await expect(run(texts, 'other').done).rejects.toThrow(message);
      await nothingIn('other');
      await rm(join(room, 'repository/link.yaml'));
    });

    it('does not overwrite the ConfigMap of something else', async () => {
      await server.kubectl([
        'create',
        'configmap',
        'oc-mirror-foreign-values',
        '--namespace=other',
        '--from-literal=a=b',
      ]);
      await expect(run({ environment: 'foreign' }, 'other').done).rejects.toThrow(
        'oc-mirror-foreign-values is not overwritten',
      );
      await nothingIn('other');
    });
  },
);
