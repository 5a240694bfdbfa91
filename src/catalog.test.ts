import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import lock from '../image/image.lock.json' with { type: 'json' };
import config from '../octopipeline.config.js';
import { image as octopipelineImage } from '../tasks/steps/image.js';
import { createCatalog, createExamples, createReference } from './catalog.js';
import { CatalogChart } from './cdk8s/catalog-chart.js';
import type { CatalogConfig } from './cdk8s/config.js';
import { Task } from './cdk8s/task.js';
import { mirrorFileSchema } from './mirror-schema.js';
import { task } from './tekton/index.js';

const filesOf = (folder: string, inner: string) =>
  existsSync(join(folder, inner)) ? readdirSync(join(folder, inner)).map((name) => join(inner, name)) : [];

const contents = (folder: string, extension = '.yaml') =>
  new Map(
    [...readdirSync(folder), ...filesOf(folder, 'optional')]
      .filter((name) => name.endsWith(extension))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

test('dist/, examples/ and docs/reference/ equal a fresh synth', () => {
  expect(contents('dist')).toEqual(createCatalog(config).files());
  expect(contents('examples')).toEqual(createExamples('examples').files());
  expect(contents('docs/reference', '.md')).toEqual(createReference());
  expect(readFileSync('docs/reference/mirror-file.schema.json', 'utf8')).toBe(mirrorFileSchema());
});

test('npx cdk8s synth writes the same bytes', async () => {
  const outdir = mkdtempSync(join(tmpdir(), 'cdk8s-'));
  await execa('npx', ['cdk8s', 'synth', '--output', join(outdir, 'dist')]);
  expect(contents(join(outdir, 'dist'))).toEqual(contents('dist'));
  rmSync(outdir, { recursive: true });
});

const synth = (config: CatalogConfig) =>
  [...createCatalog(config).files().values()].flatMap((text) =>
    parseAllDocuments(text).map((document) => document.toJS()),
  );
const steps = (config: CatalogConfig) =>
  synth(config)
    .filter(({ kind }) => kind === 'Task')
    .flatMap(({ metadata, spec }) => spec.steps.map((step: object) => ({ task: metadata.name, ...step })));

describe('a platform team forks by configuration', () => {
  const image = `example.com/op:2@sha256:${'b'.repeat(64)}` as const;

  test('image and registry prefix reach every step, and every param that names the image', () => {
    const config = { image, registryPrefix: 'mirror.example.com/hub' };
    const mirrored = `mirror.example.com/hub/op:2@sha256:${'b'.repeat(64)}`;
    expect(new Set(steps(config).map((step) => step.image))).toEqual(new Set([mirrored]));
    const builders = synth(config).flatMap(({ kind, metadata, spec }) =>
      (spec?.params ?? [])
        .filter((param: { name: string; default?: string }) => param.name === 'builder' && param.default !== undefined)
        .map((param: { default: string }) => `${kind}/${metadata.name} ${param.default}`),
    );
    expect(builders).toContain(`Task/build-push ${mirrored}`);
    expect(builders).toContain(`Pipeline/build-push ${mirrored}`);
    expect(builders.filter((builder) => !builder.endsWith(` ${mirrored}`))).toEqual([]);
  });

  test('image and registry prefix reach the Tasks that a team adds, where they run the image of the catalog', () => {
    const app = createCatalog({ image, registryPrefix: 'mirror.example.com/hub' });
    const own = task('own', {
      steps: () => [
        { name: 'ours', image: octopipelineImage, command: ['op'] },
        { name: 'theirs', image: `example.com/scan:1@sha256:${'d'.repeat(64)}`, command: ['scan'] },
      ],
    });
    new Task(new CatalogChart(app, 'task-own', { source: 's' }), 'own', { definition: own });
    const text = app.files().get('task-own.yaml');
    expect(text).toContain('image: mirror.example.com/hub/op:2@sha256:bbb');
    expect(text).toContain('image: example.com/scan:1@sha256:ddd');
  });

  test.each([true, false])('allowCustom: %s is the default of the param in every Task and Pipeline', (allowCustom) => {
    const found = synth({ allowCustom }).flatMap(({ kind, metadata, spec }) =>
      (spec?.params ?? [])
        .filter(({ name }: { name: string }) => name === 'allow-custom')
        .map((param: { default?: string }) => [`${kind}/${metadata.name}`, param.default] as const),
    );
    const all = ['Task/build', 'Task/push', 'Task/build-push', 'Task/clone-build-push', 'Pipeline/build-push'];
    expect(found.map(([object]) => object)).toEqual(expect.arrayContaining([...all, 'Pipeline/deliver']));
    expect(new Set(found.map(([, value]) => value))).toEqual(new Set([`${allowCustom}`]));
  });

  test.each([
    [{}, 'true'],
    [{ onlyCiPushes: true }, 'false'],
    [{ onlyCiPushes: false }, 'true'],
  ])('with %j, the Pipeline deliver has rebuild: %s, and every other build reuses', (config, expected) => {
    const defaults = synth(config).flatMap(({ kind, metadata, spec }) =>
      (spec?.params ?? [])
        .filter(({ name }: { name: string }) => name === 'rebuild')
        .map((param: { default?: string }) => [`${kind}/${metadata.name}`, param.default] as const),
    );
    expect(defaults).toContainEqual(['Pipeline/deliver', expected]);
    const others = defaults.filter(([object]) => object !== 'Pipeline/deliver');
    expect(others.map(([object]) => object)).toContain('Pipeline/build-push');
    expect(new Set(others.map(([, value]) => value))).toEqual(new Set(['false']));
  });

  test('namespace and labels reach every object; buildkitd keeps its own namespace, and the Roles of environments go to any', () => {
    const buildKits = new Map([
      ['optional/buildkitd.yaml', 'octopipeline-buildkit'],
      ['optional/buildkitd-trusted.yaml', 'octopipeline-buildkit-trusted'],
    ]);
    for (const [file, text] of createCatalog({ namespace: 'ci', labels: { team: 'platform' } }).files()) {
      for (const { kind, metadata } of parseAllDocuments(text).map((document) => document.toJS())) {
        expect(metadata).toMatchObject({ labels: { team: 'platform' } });
        const { namespace } = metadata;
        if (!file.startsWith('optional/')) expect(namespace).toBe('ci');
        else if (!file.startsWith('optional/buildkitd')) expect(namespace).toBeUndefined();
        else expect(kind === 'Namespace' ? metadata.name : namespace).toBe(buildKits.get(file));
      }
    }
  });

  test('there is a buildkitd for each trust level, with other clients', () => {
    const files = createCatalog({ buildkitd: { namespace: 'shop' } }).files();
    const untrusted = files.get('optional/buildkitd.yaml') ?? '';
    const trusted = files.get('optional/buildkitd-trusted.yaml') ?? '';
    expect(untrusted).toContain('"octopipeline.dev/cache-trust" = "untrusted"');
    expect(trusted).toContain('"octopipeline.dev/cache-trust" = "trusted"');
    expect(untrusted).toContain('octopipeline.dev/buildkit-client: "true"');
    expect(trusted).toContain('octopipeline.dev/trusted-buildkit-client: "true"');
    expect(trusted.replaceAll('shop-trusted', 'shop')).toContain('namespace: shop\n');
  });

  test('buildkitd gets its settings, and its image the registry prefix', () => {
    const file = (config: CatalogConfig) => createCatalog(config).files().get('optional/buildkitd.yaml');
    expect(file({ buildkitd: { mirrors: { 'docker.io': ['mirror.lab/hub'] } } })).toContain(
      'mirrors = ["mirror.lab/hub"]',
    );
    expect(file({ registryPrefix: 'mirror.lab' })).toMatch(
      /image: mirror\.lab\/octopilot\/octopipeline-buildkitd:\S+@sha256:/u,
    );
    expect(file({ buildkitd: { image }, registryPrefix: 'mirror.lab' })).toContain(`image: mirror.lab/op:2@sha256:bbb`);
    expect(file({})).toContain(`image: ${lock.buildkitd.image}@${lock.buildkitd.digest}`);
    expect(() => file({ buildkitd: { storage: 'much' } })).toThrow(
      'config > buildkitd > storage: "much" is not a size',
    );
  });

  test('the environments of deliver are those of the configuration', () => {
    const nodes = (config: CatalogConfig) =>
      synth(config)
        .find(({ kind, metadata }) => kind === 'Pipeline' && metadata.name === 'deliver')
        .spec.tasks.map(
          ({
            name,
            params,
            when,
          }: {
            name: string;
            params: { name: string; value: string }[];
            when?: { values: string[] }[];
          }) => [name, params.find((param) => param.name === 'list-digest')?.value, when?.[0]?.values],
        );
    expect(nodes({ environments: ['staging', 'live'] })).toEqual([
      ['check', undefined, undefined],
      ['build', undefined, undefined],
      ['publish', '$(tasks.build.results.LIST_DIGEST)', undefined],
      ['to-staging', '$(tasks.build.results.LIST_DIGEST)', undefined],
      ['to-live', '$(tasks.to-staging.results.LIST_DIGEST)', ['live']],
    ]);
    expect(nodes({}).map(([name]: [string]) => name)).toEqual([
      'check',
      'build',
      'publish',
      'to-dev',
      'to-pp',
      'to-prod',
    ]);
    expect(() => nodes({ environments: ['a', 'B', 'a'] })).toThrow(/"B" is not a DNS label[\s\S]*"a" is listed twice/u);
  });

  test('network policies can be left out', () => {
    const policies = (config: CatalogConfig) =>
      synth(config).flatMap(({ kind, metadata }) => (kind === 'NetworkPolicy' ? [metadata.name] : []));
    expect(policies({})).toContain('octopipeline-build-push');
    expect(policies({ networkPolicy: false })).toEqual(['buildkitd', 'buildkitd']);
  });

  test('every network policy denies the addresses that give away credentials of a node, but answers about names', () => {
    const policies = synth({}).filter(({ kind }) => kind === 'NetworkPolicy');
    expect(policies.length).toBeGreaterThan(3);
    const denied = [
      ...['169.254.0.0/16', '100.100.100.200/32', '168.63.129.16/32'],
      ...['fe80::/10', 'fd00:ec2::/32', 'fd20:ce::/96'],
    ];
    for (const { spec } of policies) {
      const [most, names, ...more] = spec.egress;
      expect(most.ports).toBeUndefined();
      expect(most.to.flatMap(({ ipBlock }: { ipBlock: { except: string[] } }) => ipBlock.except)).toEqual([...denied]);
      expect(names).toEqual({
        to: denied.map((cidr) => ({ ipBlock: { cidr } })),
        ports: [
          { protocol: 'UDP', port: 53 },
          { protocol: 'TCP', port: 53 },
        ],
      });
      expect(more).toEqual([]);
    }
  });

  test('resources are set by task and step or sidecar', () => {
    const limits = { limits: { memory: '8Gi' } };
    const found = steps({ resources: { 'build/build': limits } }).find((step) => step.task === 'build');
    expect(found.computeResources).toEqual(limits);
    const sidecars = synth({ resources: { 'build-push/builder': limits } }).flatMap(({ kind, metadata, spec }) =>
      kind === 'Task' && metadata.name === 'build-push' ? spec.sidecars : [],
    );
    expect(sidecars).toMatchObject([{ name: 'builder', computeResources: limits }]);
  });

  test('an invalid configuration reports each problem', () => {
    const wrong = {
      image: 'op:latest@sha256:12',
      namespace: 'No_Label',
      resources: { 'a/b': { limits: { cpu: 'x' } } },
    };
    expect(() => synth(wrong as CatalogConfig)).toThrow(/image[\s\S]*namespace[\s\S]*"x" is not a quantity/u);
  });

  test.each([
    [{ registyPrefix: 'mirror.example.com' }, 'config > registyPrefix: unknown setting; known are image, reg'],
    [{ networkPolicy: 'false' }, 'config > networkPolicy: must be a boolean'],
    [{ labels: ['platform'] }, 'config > labels: must be an object'],
    [{ labels: { team: 'a b' } }, 'config > labels.team: "a b" is not a valid label value'],
  ])('%j is refused, compiled or not', (wrong, message) => {
    expect(() => synth(wrong as unknown as CatalogConfig)).toThrow(message);
  });

  test('resources for a step that does not exist are refused', () => {
    expect(() => synth({ resources: { 'build/nothing': {} } })).toThrow('build/nothing');
  });
});
