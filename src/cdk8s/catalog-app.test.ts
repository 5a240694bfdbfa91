import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, Chart, JsonPatch } from 'cdk8s';
import { Construct } from 'constructs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { flag, param, pipeline, task } from '../tekton/index.js';
import { CatalogApp } from './catalog-app.js';
import { CatalogChart } from './catalog-chart.js';
import { Pipeline } from './pipeline.js';
import { Task } from './task.js';

const image = `example.com/tool:1@sha256:${'a'.repeat(64)}`;
const greet = task('greet', {
  params: { who: param.string() },
  steps: ({ params }) => [{ name: 'say', image, command: ['echo'], args: [flag('who', params.who)] }],
});

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'catalog-'));
});
afterEach(() => rmSync(outdir, { recursive: true }));

const newApp = () => new CatalogApp({ outdir, producedBy: 'test 1' });

test('each chart is a file with a header, with the fields in the order people write them', () => {
  const app = newApp();
  new Task(new CatalogChart(app, 'task-greet', { source: 'tasks/greet.ts', labels: { team: 'x' } }), 'greet', {
    definition: greet,
  });
  app.synth();
  expect(readdirSync(outdir)).toEqual(['task-greet.yaml']);
  const text = readFileSync(join(outdir, 'task-greet.yaml'), 'utf8');
  expect(text).toMatch(/^# test 1, generated from tasks\/greet.ts/u);
  expect(text).toContain('team: x');
  expect(text.indexOf('name: say')).toBeLessThan(text.indexOf('image:'));
});

test('a cdk8s user patches a Task like any other object, and sets its namespace by chart', () => {
  const app = newApp();
  const chart = new CatalogChart(app, 'task-greet', { source: 's', namespace: 'ci' });
  new Task(chart, 'greet', { definition: greet }).addJsonPatch(JsonPatch.replace('/spec/steps/0/name', 'patched'));
  const text = app.files().get('task-greet.yaml');
  expect(text).toContain('name: patched');
  expect(text).toContain('namespace: ci');
});

test('all problems of all charts are reported at once, and nothing is written', () => {
  const app = newApp();
  const wrong = task('Wrong_Name', { steps: () => [{ name: 'a', image, command: ['x', 'typed $(params.by.hand)'] }] });
  new Task(new CatalogChart(app, 'one', { source: 's' }), 'a', { definition: wrong });
  new Pipeline(new CatalogChart(app, 'two', { source: 's' }), 'b', { definition: pipeline('empty', {}, () => {}) });
  new Task(new CatalogChart(app, 'three', { source: 's' }), 'c', { definition: greet });
  new Task(new CatalogChart(app, 'four', { source: 's' }), 'd', { definition: greet });
  const failure = (() => {
    try {
      app.synth();
      return '';
    } catch (error) {
      return String(error);
    }
  })();
  expect(failure).toContain('Wrong_Name');
  expect(failure).toContain('steps[0] a');
  expect(failure).toContain('pipeline/empty');
  expect(failure).toContain('four > Task/greet: three contains the same object');
  expect(readdirSync(outdir)).toEqual([]);
});

test('an optional chart is a file in a separate folder, and stale files there are removed too', () => {
  mkdirSync(join(outdir, 'optional/deeper'), { recursive: true });
  const header = '# test 0, generated from s: change that file, not this one.\n';
  writeFileSync(join(outdir, 'optional/stale.yaml'), header);
  writeFileSync(join(outdir, 'optional/mine.yaml'), '# by hand\n');
  writeFileSync(join(outdir, 'optional/deeper/other.yaml'), header);
  const app = newApp();
  new ApiObject(new CatalogChart(app, 'one', { source: 's', optional: true }), 'x', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
  });
  app.synth();
  expect([...app.files().keys()]).toEqual(['optional/one.yaml']);
  expect(readdirSync(outdir, { recursive: true }).sort()).toEqual([
    'optional',
    'optional/deeper',
    'optional/deeper/other.yaml',
    'optional/mine.yaml',
    'optional/one.yaml',
  ]);
});

test('the same name may appear in two namespaces, and in two API groups', () => {
  const app = newApp();
  for (const namespace of ['one', 'two']) {
    const chart = new CatalogChart(app, namespace, { source: 's', namespace });
    new Task(chart, 'greet', { definition: greet });
    new ApiObject(chart, 'other', { apiVersion: 'example.com/v1', kind: 'Task', metadata: { name: 'greet' } });
  }
  expect([...app.files().keys()]).toEqual(['one.yaml', 'two.yaml']);
});

test('a plain Chart, which would have no file, is reported', () => {
  const app = newApp();
  new ApiObject(new Chart(app, 'mine'), 'x', { apiVersion: 'v1', kind: 'ConfigMap' });
  expect(() => app.synth()).toThrow('mine: is a plain Chart and has no file; make it a CatalogChart');
});

test('files of charts that no longer exist are removed, but not files that somebody wrote; an unchanged file is not touched', () => {
  writeFileSync(join(outdir, 'stale.yaml'), '# test 0, generated from s: change that file, not this one.\nold: true\n');
  writeFileSync(join(outdir, 'mine.yaml'), '# by hand\nmine: true\n');
  writeFileSync(join(outdir, 'notes.txt'), 'mine');
  const synth = () => {
    const app = newApp();
    new ApiObject(new CatalogChart(app, 'one', { source: 's' }), 'x', { apiVersion: 'v1', kind: 'ConfigMap' });
    app.synth();
    return statSync(join(outdir, 'one.yaml')).mtimeMs;
  };
  const first = synth();
  expect(readdirSync(outdir).sort()).toEqual(['mine.yaml', 'notes.txt', 'one.yaml']);
  expect(synth()).toBe(first);
});

test('a chart inside a Construct has its file too', () => {
  const app = newApp();
  const team = new Construct(app, 'team');
  new Task(new CatalogChart(team, 'task-greet', { source: 's' }), 'greet', { definition: greet });
  expect([...app.files().keys()]).toEqual(['task-greet.yaml']);
});

test('objects come after those that they depend on', () => {
  const app = newApp();
  const chart = new CatalogChart(app, 'all', { source: 's' });
  const first = new Task(chart, 'a', { definition: greet });
  const other = task('other', { steps: () => [{ name: 'say', image, command: ['echo'] }] });
  first.addDependency(new Task(chart, 'b', { definition: other }));
  const text = app.files().get('all.yaml') ?? '';
  expect(text.indexOf('name: other')).toBeLessThan(text.indexOf('name: greet'));
});

test('two apps write to one folder without removing the files of the other', () => {
  for (const [producedBy, id] of [
    ['test 1', 'one'] as const,
    ['test 1', 'two'] as const,
    ['team 2', 'three'] as const,
  ]) {
    const app = new CatalogApp({ outdir, producedBy });
    new Task(new CatalogChart(app, id, { source: 's' }), 'greet', { definition: greet });
    app.synth();
  }
  expect(readdirSync(outdir).sort()).toEqual(['one.yaml', 'three.yaml', 'two.yaml']);
});

test('what other catalogs install is named, and nothing else is missing', () => {
  const p = pipeline('p', {}, (p) => void p.task('greet', greet, { params: { who: 'x' } }));
  const app = new CatalogApp({ outdir, producedBy: 'test 1', installed: [greet] });
  new Pipeline(new CatalogChart(app, 'p', { source: 's' }), 'p', { definition: p });
  expect([...app.files().keys()]).toEqual(['p.yaml']);
});

test('a field that the core has no type for is added as a patch, and checked', () => {
  const synth = (patch: JsonPatch) => {
    const app = newApp();
    new Task(new CatalogChart(app, 'greet', { source: 's' }), 'greet', { definition: greet }).addJsonPatch(patch);
    return app.files().get('greet.yaml');
  };
  const from = [{ configMapRef: { name: 'settings' } }];
  expect(synth(JsonPatch.add('/spec/steps/0/envFrom', from))).toContain('configMapRef');
  expect(() => synth(JsonPatch.add('/spec/steps/0/envfrom', from))).toThrow('spec.steps[0]: unknown field "envfrom"');
});
