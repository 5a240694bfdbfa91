import { describe, expect, it } from 'vitest';
import { readRequest } from '../../kit/options/read-request.js';
import { checkDeploy } from './check.js';
import { configMapsOf } from './config-maps.js';
import { imageOf } from './image-info.js';
import { type DeployRequest, deployOptions } from './options.js';
import { argumentsInPod, cronJobOf, jobOf } from './workload.js';

const digest = `sha256:${'a'.repeat(64)}`;
const opImage = `ghcr.io/octopilot/octopipeline:1@${digest}`;
const request = (texts: Readonly<Record<string, string>> = {}): DeployRequest =>
  readRequest(
    'mirror deploy',
    deployOptions,
    Object.fromEntries(Object.entries({ opImage, ...texts }).map(([name, text]) => [name, [text]])),
  );
const image = { reference: `registry.example/oc-mirror@${digest}`, gitRevision: 'c0ffee' };

describe('the image', () => {
  const map = (data: Readonly<Record<string, string>>) => ({
    name: 'oc-mirror-images',
    labels: {},
    annotations: {},
    data,
  });

  it('is that of the ConfigMap, by digest, without its tag', () => {
    const data = { 'image-url': 'quay.io/autoshift/oc-mirror-autoshift:latest', 'image-digest': digest };
    expect(imageOf(map(data), 'ci').reference).toBe(`quay.io/autoshift/oc-mirror-autoshift@${digest}`);
  });

  it.each([
    [{ 'image-url': 'quay.io/a/b:latest' }, 'its digest'],
    [{ 'image-url': 'a/b:latest', 'image-digest': digest }, 'it has no registry'],
    [{ 'image-digest': digest }, 'it has no image name'],
  ])('%j is refused', (data, why) => {
    expect(() => imageOf(map(data), 'ci')).toThrow(
      expect.objectContaining({ kind: 'input', why: expect.stringContaining(why) }),
    );
  });
});

describe('the workload', () => {
  it('runs oc-mirror in the pod with the request, in a directory of its environment', () => {
    expect(argumentsInPod(request())).toEqual([
      'mirror',
      'oc-mirror',
      '--workflow=workflow-to-disk',
      '--image-set=/config/imageset.yaml',
      '--directory=/content',
      '--cache=/cache',
      '--authfile=/pull-secret/.dockerconfigjson',
      '--wait=5m',
    ]);
    const all = { environment: 'prod', incrementalMode: 'false', dryRun: 'true' };
    expect(argumentsInPod(request(all))).toEqual(
      expect.arrayContaining(['--directory=/content/prod', '--full=true', '--dry-run=true']),
    );
    expect(
      argumentsInPod(request({ workflow: 'workflow-direct', targetRegistry: 'site.example:443/mirror' })),
    ).toContain('--to=site.example:443/mirror');
  });

  it('is a Job of this run, which is named after it', () => {
    expect(jobOf(request({ environment: 'prod' }), image, '1234')).toMatchObject({
      kind: 'Job',
      metadata: { name: 'oc-mirror-prod-job-1234' },
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: 86_400,
        template: {
          spec: {
            automountServiceAccountToken: false,
            containers: [{ image: image.reference }],
            initContainers: [{ image: opImage }],
            volumes: expect.arrayContaining([
              { name: 'config', configMap: { name: 'oc-mirror-prod-config' } },
              { name: 'content', persistentVolumeClaim: { claimName: 'oc-mirror-content' } },
            ]),
          },
        },
      },
    });
  });

  it.each([
    ['cronjob', 'oc-mirror-cronjob', false],
    ['suspended', 'oc-mirror-on-demand', true],
    ['deployment', 'oc-mirror-on-demand', true],
  ])('deploy-mode %s is the CronJob %s', (deployMode, name, suspend) => {
    expect(cronJobOf(request({ deployMode, schedule: '0 2 * * *' }), image)).toMatchObject({
      metadata: { name },
      spec: { schedule: '0 2 * * *', timeZone: 'Etc/UTC', suspend, concurrencyPolicy: 'Forbid' },
    });
  });

  it('lets the cluster choose the user when it should', () => {
    const { spec } = jobOf(request({ runAsUser: 'none' }), image, '1') as unknown as {
      spec: { template: { spec: { securityContext: object } } };
    };
    expect(spec.template.spec.securityContext).not.toHaveProperty('runAsUser');
  });
});

describe('what is refused before anything is written', () => {
  it.each([
    [{ workflow: 'workflow-direct' }, 'needs --to'],
    [{ sinceDate: '20.11.2026' }, 'invalid --since'],
    [{ environment: 'Prod' }, 'invalid --environment'],
    [{ environment: 'helm' }, 'it refuses paths with "helm"'],
    [{ deployMode: 'cronjob', schedule: '0 2 * *' }, 'Kubernetes would refuse the schedule'],
    [{ deployMode: 'cronjob', timeZone: 'Mars' }, 'Kubernetes would refuse the time zone'],
    [{ workflow: 'direct', targetRegistry: '$(HOME)/x' }, 'invalid --to'],
    [{ openshiftVersion: 'latest' }, 'invalid --openshift-version'],
    [{ operatorsOnly: 'true', openshiftOnly: 'true' }, 'exclude each other'],
    [{ runAsUser: '0' }, 'invalid --run-as-user'],
    [{ pullSecret: '../x' }, 'invalid --pull-secret'],
    [{ opImage: 'ghcr.io/octopilot/octopipeline:1' }, 'it has no digest'],
  ])('%j', (texts, message) => {
    try {
      checkDeploy(request(texts));
      expect.unreachable();
    } catch (error) {
      expect(`${String(error)} ${Object.values(error as object).join(' ')}`).toContain(message);
    }
  });

  it('a ConfigMap that Kubernetes would not store', () => {
    const configuration = { imageSet: 'x'.repeat(2 ** 20), method: 'generated', values: {}, source: 'x' } as const;
    expect(() => configMapsOf(undefined, configuration, image)).toThrow('ConfigMap oc-mirror-config would have');
  });
});

describe('the ConfigMaps', () => {
  const configuration = {
    imageSet: 'kind: ImageSetConfiguration\n',
    method: 'generated',
    values: { 'values.yaml': 'a: 1\n' },
    source: 'autoshift/values.hub.yaml',
  } as const;

  it('have the names that the workloads and people know', () => {
    expect(configMapsOf(undefined, configuration, image).map(({ name, data }) => [name, Object.keys(data)])).toEqual([
      ['oc-mirror-config', ['values.yaml', 'imageset.yaml']],
      ['oc-mirror-imageset', ['imageset.yaml']],
      ['oc-mirror-values', ['values.yaml']],
    ]);
  });

  it('of another environment are others', () => {
    const names = (environment: string) => configMapsOf(environment, configuration, image).map(({ name }) => name);
    expect(names('dev')).toEqual(['oc-mirror-dev-config', 'oc-mirror-dev-imageset', 'oc-mirror-dev-values']);
    expect(names('prod').filter((name) => names('dev').includes(name))).toEqual([]);
  });
});
