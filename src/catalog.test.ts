import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import config from '../octopipeline.config.js';
import { createCatalog, createExamples, createReference } from './catalog.js';
import type { CatalogConfig } from './cdk8s/config.js';

const contents = (folder: string, extension = '.yaml') =>
  new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith(extension))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

test('dist/, examples/ and docs/reference/ equal a fresh synth', () => {
  expect(contents('dist')).toEqual(createCatalog(config).files());
  expect(contents('examples')).toEqual(createExamples('examples').files());
  expect(contents('docs/reference', '.md')).toEqual(createReference());
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

  test('image and registry prefix reach every step', () => {
    const images = steps({ image, registryPrefix: 'mirror.example.com/hub' }).map((step) => step.image);
    expect(new Set(images)).toEqual(new Set([`mirror.example.com/hub/op:2@sha256:${'b'.repeat(64)}`]));
  });

  test('namespace and labels reach every object', () => {
    for (const { metadata } of synth({ namespace: 'ci', labels: { team: 'platform' } })) {
      expect(metadata).toMatchObject({ namespace: 'ci', labels: { team: 'platform' } });
    }
  });

  test('network policies can be left out', () => {
    const kinds = (config: CatalogConfig) => synth(config).map(({ kind }) => kind);
    expect(kinds({})).toContain('NetworkPolicy');
    expect(kinds({ networkPolicy: false })).not.toContain('NetworkPolicy');
  });

  test('resources are set by task and step', () => {
    const limits = { limits: { memory: '8Gi' } };
    const found = steps({ resources: { 'build/build': limits } }).find((step) => step.task === 'build');
    expect(found.computeResources).toEqual(limits);
  });

  test('a wrong configuration names each mistake', () => {
    const wrong = {
      image: 'op:latest@sha256:12',
      namespace: 'No_Label',
      resources: { 'a/b': { limits: { cpu: 'x' } } },
    };
    expect(() => synth(wrong as CatalogConfig)).toThrow(/image[\s\S]*namespace[\s\S]*"x" is not a quantity/u);
  });

  test.each([
    [{ registyPrefix: 'mirror.example.com' }, 'config > registyPrefix: there is no such setting; there are image, reg'],
    [{ networkPolicy: 'false' }, 'config > networkPolicy: has to be a boolean'],
    [{ labels: ['platform'] }, 'config > labels: has to be an object'],
    [{ labels: { team: 'a b' } }, 'config > labels.team: "a b" is not the value of a label'],
  ])('%j is refused, compiled or not', (wrong, message) => {
    expect(() => synth(wrong as unknown as CatalogConfig)).toThrow(message);
  });

  test('resources for a step that does not exist are refused', () => {
    expect(() => synth({ resources: { 'build/nothing': {} } })).toThrow('build/nothing');
  });
});
