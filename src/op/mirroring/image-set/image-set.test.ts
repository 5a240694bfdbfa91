import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { logInto, testContext } from '../../../../test/op/test-context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { convertFile } from './convert-file.js';
import { imageSet } from './image-set.js';
import type { ImageSetRequest } from './options.js';

const operator = (name: string, pkg: string, channel: string, more = '', source = 'redhat-operators') => `
      ${name}: 'true'
      ${name}-subscription-name: ${pkg}
      ${name}-channel: ${channel}
      ${name}-source: ${source}
      ${name}-source-namespace: openshift-marketplace${more}`;
const acm = `
      acm-subscription-name: advanced-cluster-management
      acm-channel: release-2.15
      acm-source: redhat-operators
      acm-source-namespace: openshift-marketplace`;
const hub = `hubClusterSets:
  hub:
    config:
      gitops: 'true'
      teams: { dev: { rbac: ['g, devs, role:admin'] } }
    labels:
      self-managed: 'true'
      openshift-version: '4.20.12' # of all hubs${operator('gitops', 'openshift-gitops-operator', 'gitops-1.19')}${acm}
      acm-observability: 'true'
      lvm-size-percent: 90
      metallb-quota-memory:
      ### storage
      odf: 'false'
      odf-subscription-name: odf-operator${operator('gitlab', 'gitlab-operator-kubernetes', 'stable', '', 'certified-operators')}
`;
const managed = `managedClusterSets:
  managed:
    labels:
      openshift-version: '4.19.20'${operator('gitops', 'openshift-gitops-operator', 'gitops-1.9')}
      gitops-version: openshift-gitops-operator.v1.9.2${operator('loki', 'loki-operator', 'stable-6.3')}
  edge:
    labels:
      openshift-version: '4.19.3'${operator('loki', 'loki-operator', 'stable-6.10')}
`;

let cwd: string;
let printed: string;
let said: string[];
const run = async (request: Partial<ImageSetRequest>) => {
  printed = '';
  said = [];
  const { context } = testContext({
    cwd,
    out: (text) => {
      printed += text;
    },
    log: logInto(
      (text) => void said.push(text),
      () => {},
    ),
  });
  const defaults = {
    values: [],
    key: 'imageset.yaml',
    operatorsOnly: false,
    openshiftOnly: false,
    strict: false,
    force: false,
  };
  await imageSet(context, { ...defaults, ...request });
  return printed;
};
const failureOf = async (work: Promise<unknown>): Promise<OpError> => {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof OpError)) throw new Error('it did not fail');
  return error;
};
const write = (name: string, content: string) => writeFile(join(cwd, name), content);

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'image-set-'));
  await write('hub.yaml', hub);
  await write('managed.yaml', managed);
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

describe('op mirror image-set', () => {
  it('writes what the cluster sets have, for each OpenShift version that is in use', async () => {
    expect(await run({ values: ['hub.yaml', 'managed.yaml'] })).toBe(`apiVersion: mirror.openshift.io/v2alpha1
kind: ImageSetConfiguration
archiveSize: 4
mirror:
  platform:
    channels:
      - name: stable-4.19
        minVersion: 4.19.3
        maxVersion: 4.19.20
      - name: stable-4.20
        minVersion: 4.20.12
        maxVersion: 4.20.12
    graph: true
  operators:
    - catalog: registry.redhat.io/redhat/redhat-operator-index:v4.19
      packages:
        - name: loki-operator
          defaultChannel: stable-6.10
          channels:
            - name: stable-6.3
            - name: stable-6.10
        - name: openshift-gitops-operator
          defaultChannel: gitops-1.9
          channels:
            - name: gitops-1.9
              minVersion: 1.9.2
    - catalog: registry.redhat.io/redhat/certified-operator-index:v4.20
      packages:
        - name: gitlab-operator-kubernetes
          defaultChannel: stable
          channels:
            - name: stable
    - catalog: registry.redhat.io/redhat/redhat-operator-index:v4.20
      packages:
        - name: advanced-cluster-management
          defaultChannel: release-2.15
          channels:
            - name: release-2.15
        # advanced-cluster-management needs it
        - name: multicluster-engine
        - name: openshift-gitops-operator
          defaultChannel: gitops-1.19
          channels:
            - name: gitops-1.19
`);
    expect(said).toEqual(['2 release channels and 6 packages, of 2 values files']);
  });

  it('writes the same whatever the order of files and labels', async () => {
    const one = await run({ values: ['hub.yaml', 'managed.yaml'] });
    expect(await run({ values: ['managed.yaml', 'hub.yaml'] })).toBe(one);
    const [labels = ''] = /(?<=openshift-version: '4\.19\.20'\n)[\s\S]*?(?= {2}edge)/u.exec(managed) ?? [];
    await write('managed.yaml', managed.replace(labels, `${labels.trimEnd().split('\n').toReversed().join('\n')}\n`));
    expect(await run({ values: ['hub.yaml', 'managed.yaml'] })).toBe(one);
  });

  it.each<[string, Partial<ImageSetRequest>, string[]]>([
    ['operators only', { operatorsOnly: true }, ['operators']],
    ['OpenShift only', { openshiftOnly: true }, ['platform']],
    ['both', {}, ['platform', 'operators']],
  ])('writes %s', async (_, request, parts) => {
    expect(Object.keys(parse(await run({ values: ['hub.yaml'], ...request })).mirror)).toEqual(parts);
  });

  it.each([
    ['4.21', [{ name: 'stable-4.21', minVersion: '4.21.0' }]],
    ['4.21.7', [{ name: 'stable-4.21', minVersion: '4.21.7', maxVersion: '4.21.7' }]],
  ])('takes version %s for all clusters', async (openshiftVersion, channels) => {
    const { mirror } = parse(await run({ values: ['hub.yaml', 'managed.yaml'], openshiftVersion }));
    expect(mirror.platform.channels).toEqual(channels);
    expect(mirror.operators.map(({ catalog }: { catalog: string }) => catalog.split('/').at(-1))).toEqual([
      'certified-operator-index:v4.21',
      'redhat-operator-index:v4.21',
    ]);
  });

  it('reads a directory as AutoShift has it, without its examples, and clusters that differ from their set', async () => {
    await mkdir(join(cwd, 'values/clustersets'), { recursive: true });
    await mkdir(join(cwd, 'values/clusters'));
    await write('values/global.yaml', 'autoshiftGitRepo: https://git.test/x.git\nselfManagedHubSet: hub\n');
    await write('values/clustersets/hub.yaml', hub);
    await write('values/clustersets/_example.yaml', hub.replace('4.20.12', '4.1.1'));
    await write(
      'values/clusters/one.yaml',
      "clusters:\n  one:\n    config: { clusterSet: hub }\n    labels:\n      openshift-version: '4.20.14'\n      gitops-channel: gitops-1.20\n      odf: 'true'\n      odf-channel: stable-4.20\n      odf-source: redhat-operators\n      odf-source-namespace: openshift-marketplace\n",
    );
    const { mirror } = parse(await run({ values: ['values'] }));
    expect(mirror.platform.channels).toEqual([{ name: 'stable-4.20', minVersion: '4.20.12', maxVersion: '4.20.14' }]);
    const packages: { name: string; channels?: { name: string }[] }[] = mirror.operators.at(-1).packages;
    expect(packages.map(({ name, channels = [] }) => [name, ...channels.map((one) => one.name)].join(' '))).toEqual([
      'advanced-cluster-management release-2.15',
      'multicluster-engine',
      'odf-dependencies',
      'odf-operator stable-4.20',
      'openshift-gitops-operator gitops-1.19 gitops-1.20',
    ]);
    expect(said).toEqual(['1 release channel and 6 packages, of 3 values files']);
  });

  it('reads one file with all cluster sets, as AutoShift had before', async () => {
    await write(
      'values.hub.yaml',
      `autoshiftGitRepo: https://git.test/x.git\nselfManagedHubSet: hub\n${hub}${managed}`,
    );
    expect(await run({ values: ['values.hub.yaml'] })).toBe(await run({ values: ['hub.yaml', 'managed.yaml'] }));
  });

  const broken = `hubClusterSets:
  hub:
    labels:
      openshift-version: 4.20
      gitops: true
      gitops-subscription-name: openshift-gitops-operator
      gitops-channel: 1.20
      gitops-source: redhat-operators
      gitops-source-namespace: openshift-marketplace
      acs: 'true'
      acs-channel: stable
      acs-source: redhat-operators
      acs-source-namespace: openshift-marketplace
      quay: 'true'
      quay-subscription-name: quay-operator
      loki: 'true'
      loki-subscription-name: loki-operator
      loki-channel: stable
      loki-source: our-operators
      loki-source-namespace: openshift-marketplace
      tempo: 'true'
      tempo-subscription-name: tempo-product
      tempo-channel: stable
      tempo-source: redhat-operators
      tempo-source-namespace: openshift-marketplace
      tempo-version: latest
      uwm: 'true'
`;
  const problems = [
    'broken.yaml:4: hubClusterSets.hub.labels.openshift-version is 4.20, and must be X.Y.Z',
    "broken.yaml:5: hubClusterSets.hub.labels.gitops must be a text: write 'true' in quotes",
    "broken.yaml:7: hubClusterSets.hub.labels.gitops-channel must be a text: write '1.20' in quotes",
    'broken.yaml:10: hubClusterSets.hub.labels.acs has no acs-subscription-name beside it: the operator is left out',
    'broken.yaml:14: hubClusterSets.hub.labels.quay has no quay-channel and quay-source and quay-source-namespace beside it',
    'broken.yaml:19: hubClusterSets.hub.labels.loki-source is our-operators, which is none of redhat-operators, certified-operators',
    'broken.yaml:26: hubClusterSets.hub.labels.tempo-version has no version',
  ];

  it('leaves out what is not complete, with a warning, and never writes an empty package', async () => {
    await write('broken.yaml', broken);
    const { mirror } = parse(await run({ values: ['broken.yaml'], openshiftVersion: '4.20' }));
    expect(mirror.operators[0].packages).toEqual([
      { name: 'openshift-gitops-operator', defaultChannel: '1.20', channels: [{ name: '1.20' }] },
      { name: 'tempo-product', defaultChannel: 'stable', channels: [{ name: 'stable' }] },
    ]);
    expect(said.slice(0, -1)).toEqual(problems.map((line) => expect.stringContaining(`warning: ${line}`)));
  });

  it('refuses all of that in strict mode, each with file, line and path', async () => {
    await write('broken.yaml', broken);
    const { why, exitCode } = await failureOf(run({ values: ['broken.yaml'], strict: true, openshiftVersion: '4.20' }));
    expect(exitCode).toBe(3);
    expect(why.split('\n')).toEqual(problems.map((line) => expect.stringContaining(line)));
  });

  it.each<[string, Partial<ImageSetRequest>, number, string]>([
    ['neither values nor a ConfigMap', {}, 2, 'neither was given'],
    ['both', { values: ['hub.yaml'], configMap: 'cm.yaml' }, 2, 'both were given'],
    [
      'both restrictions',
      { values: ['hub.yaml'], operatorsOnly: true, openshiftOnly: true },
      2,
      'nothing would be left',
    ],
    ['a version that is none', { values: ['hub.yaml'], openshiftVersion: '4' }, 2, '"4" is not X.Y or X.Y.Z'],
    ['a file that is not there', { values: ['other.yaml'] }, 3, 'no such file'],
    [
      'a directory without values',
      { values: ['empty'] },
      3,
      'it has no *.yaml, and neither have clustersets and clusters in it',
    ],
    [
      'no version',
      { values: ['unversioned.yaml'] },
      3,
      'unversioned.yaml:2: hubClusterSets.hub.labels has no openshift-version: what other sets have counts',
    ],
    ['no operators, when only they are wanted', { values: ['plain.yaml'], operatorsOnly: true }, 3, 'no label says so'],
    ['no operators in strict mode', { values: ['plain.yaml'], strict: true }, 3, 'no label says so'],
    [
      'a file that is not YAML',
      { values: ['conflict.yaml'] },
      3,
      'conflict.yaml:2: it is not YAML: Implicit keys need to be on a single line',
    ],
    [
      'labels that are a list',
      { values: ['list.yaml'] },
      3,
      'list.yaml:1: hubClusterSets.hub.labels must not be a list',
    ],
  ])('refuses %s', async (_, request, exitCode, why) => {
    await mkdir(join(cwd, 'empty'));
    await write('unversioned.yaml', hub.replace(/ {6}openshift-version.*\n/u, ''));
    await write(
      'plain.yaml',
      "hubClusterSets:\n  hub:\n    labels:\n      openshift-version: '4.20.1'\n      uwm: 'true'\n",
    );
    await write('conflict.yaml', 'hubClusterSets:\n<<<<<<< HEAD\n  hub:\n=======\n  hub:\n>>>>>>> x\n');
    await write('list.yaml', 'hubClusterSets: { hub: { labels: [a] } }\n');
    expect(await failureOf(run(request))).toMatchObject({ exitCode, why });
  });

  it('says so when OpenShift is all that there is', async () => {
    await write('plain.yaml', "hubClusterSets:\n  hub:\n    labels:\n      openshift-version: '4.20.1'\n");
    expect(Object.keys(parse(await run({ values: ['plain.yaml'] })).mirror)).toEqual(['platform']);
    expect(said[0]).toBe('warning: no operator is on: only OpenShift itself is copied');
  });
});

describe('an ImageSetConfiguration in a ConfigMap', () => {
  const isc =
    'kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v1alpha2\nmirror:\n  additionalImages:\n    - name: a.test/b:v1\n';
  const configMap = (key: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndata:\n  ${key}: |\n    ${isc.replaceAll('\n', '\n    ')}`;

  it('is taken, and converted if it is of v1alpha2', async () => {
    await write('cm.yaml', configMap('imageset.yaml'));
    expect(await run({ configMap: 'cm.yaml' })).toBe(isc.replace('v1alpha2', 'v2alpha1'));
    await write('cm.yaml', JSON.stringify(parse(configMap('other.yaml'))));
    expect(await run({ configMap: 'cm.yaml', key: 'other.yaml' })).toBe(isc.replace('v1alpha2', 'v2alpha1'));
  });

  it.each([
    ['another key', configMap('other.yaml'), 'its keys are other.yaml'],
    ['another kind', 'kind: Secret\n', 'kind must be ConfigMap'],
    ['no data', 'kind: ConfigMap\n', 'it has no data'],
  ])('is refused with %s', async (_, content, why) => {
    await write('cm.yaml', content);
    expect(await failureOf(run({ configMap: 'cm.yaml' }))).toMatchObject({ exitCode: 3, why });
  });
});

describe('op mirror convert', () => {
  it('writes the converted file, and keeps one that is there', async () => {
    await write('v1.yaml', 'kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v1alpha2\nmirror: {}\n');
    const { context } = testContext({ cwd });
    await convertFile(context, { output: 'v2.yaml', force: false }, ['v1.yaml']);
    expect(await readFile(join(cwd, 'v2.yaml'), 'utf8')).toContain('v2alpha1');
    expect((await failureOf(convertFile(context, { output: 'v2.yaml', force: false }, ['v1.yaml']))).exitCode).toBe(3);
    await write('v1.yaml', 'kind: ImageSetConfiguration\nmirror: { ocp: {} }\n');
    const { why } = await failureOf(convertFile(context, { force: false }, ['v1.yaml']));
    expect(why).toBe('v1.yaml:2: mirror.ocp is unknown; oc-mirror refuses it');
  });
});
