import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readCatalog, whereIs } from './document.js';

const examples = readCatalog(fileURLToPath(new URL('../../examples', import.meta.url)), { recursive: false });
const runs = examples.filter(({ object }) => object.kind === 'PipelineRun');
const catalog = readCatalog(fileURLToPath(new URL('../../dist', import.meta.url)));

test('there are example runs', () => {
  expect(runs.length).toBeGreaterThanOrEqual(1);
});

test('every example run can be created any number of times, in any namespace', () => {
  const names = runs.map((run) => ({
    run: whereIs(run),
    name: run.object.metadata.name,
    namespace: run.object.metadata.namespace,
    startsWith: typeof run.object.metadata.generateName,
  }));
  expect(names).toEqual(names.map(({ run }) => ({ run, name: undefined, namespace: undefined, startsWith: 'string' })));
});

test('every example run starts a Pipeline of the catalog, as the ServiceAccount installed with it', () => {
  const has = (kind: string, name: string | undefined) =>
    catalog.some(({ object }) => object.kind === kind && object.metadata.name === name);
  for (const { object } of runs) {
    expect(has('Pipeline', object.spec?.pipelineRef?.name)).toBe(true);
    expect(has('ServiceAccount', object.spec?.taskRunTemplate?.serviceAccountName)).toBe(true);
  }
});

test('every example run gives its Pipeline exactly the params and workspaces that it declares and needs', () => {
  for (const { object } of runs) {
    const pipeline = catalog.find(
      (document) =>
        document.object.kind === 'Pipeline' && document.object.metadata.name === object.spec?.pipelineRef?.name,
    )?.object.spec;
    const given = (object.spec?.params ?? []).map(({ name }) => name);
    const declared = pipeline?.params ?? [];
    const needed = declared.filter((param) => param.default === undefined).map(({ name }) => name);
    expect(declared.map(({ name }) => name)).toEqual(expect.arrayContaining(given));
    expect(given).toEqual(expect.arrayContaining(needed));
    const bound = (object.spec?.workspaces ?? []).map(({ name }) => name);
    const workspaces = pipeline?.workspaces ?? [];
    expect(workspaces.map(({ name }) => name)).toEqual(expect.arrayContaining(bound));
    expect(bound).toEqual(
      expect.arrayContaining(workspaces.filter(({ optional }) => optional !== true).map(({ name }) => name)),
    );
  }
});
