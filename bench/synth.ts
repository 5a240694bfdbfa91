import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart, YamlOutputType } from 'cdk8s';
import { CatalogApp, CatalogChart, Task } from '../src/index.js';
import { type TaskDefinition, toTask, toYaml, type WireTask } from '../src/tekton/index.js';
import { generateTasks } from './generate.js';
import {
  type Benchmark,
  type Comparison,
  each,
  fasterBy,
  interleave,
  linear,
  type Measurement,
  took,
} from './measure.js';

/**
 * Checking, rendering and writing generated Tasks, compared with stock cdk8s synthesizing the same objects. Definitions and constructs
 * are created before the clock starts, on both sides; ours checks every Task, cdk8s gets objects that are already checked.
 */
export const synth: Benchmark = {
  name: 'synth',
  title: 'Synth of generated Tasks',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-synth-'));
    try {
      const tasks = generateTasks(2000);
      const objects = tasks.map((definition) => toTask(definition));
      const inOneFile = async (count: number): Promise<Comparison> => {
        const { ours, peer } = await interleave(count > 1000 ? 5 : 9, {
          ours: () => writeOneFile(folder, tasks.slice(0, count)),
          peer: () => stock(oneChart(folder, objects.slice(0, count), YamlOutputType.FILE_PER_CHART)),
        });
        return fasterBy(`${count} Tasks in one file`, ...named(ours, peer, 'one chart'), 3);
      };
      const thousand = objects.slice(0, 1000);
      const constructs = await interleave(9, {
        ours: () => took(() => catalog(folder, tasks.slice(0, 1000)).synth()),
        peer: () => took(() => oneChart(folder, thousand, YamlOutputType.FILE_PER_CHART).synth()),
      });
      const inFiles = await interleave(5, {
        ours: () => writeFiles(folder, tasks.slice(0, 1000)),
        charts: () => stock(chartEach(folder, thousand)),
        resources: () => stock(oneChart(folder, thousand, YamlOutputType.FILE_PER_RESOURCE)),
      });
      const [few, many] = [await inOneFile(250), await inOneFile(2000)];
      return [
        few,
        await inOneFile(500),
        await inOneFile(1000),
        many,
        fasterBy(
          '1000 Tasks as constructs, made within the time',
          { ...constructs.ours, label: 'CatalogApp.synth(), one chart' },
          { ...constructs.peer, label: 'App.synth(), one chart' },
          3,
        ),
        linear('time per Task, 2000 beside 250', each(many.ours, 2000), each(few.ours, 250)),
        fasterBy('1000 Tasks, a file each', ...named(inFiles.ours, inFiles.charts, 'a chart each'), 3),
        fasterBy('1000 Tasks, a file each', ...named(inFiles.ours, inFiles.resources, 'FILE_PER_RESOURCE'), 1),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

const named = (ours: Measurement, peer: Measurement, layout: string): [Measurement, Measurement] => [
  { ...ours, label: 'toTask, toYaml, write' },
  { ...peer, label: `App.synth(), ${layout}` },
];

const writeOneFile = (folder: string, tasks: readonly TaskDefinition[]) =>
  took(() => writeFileSync(join(folder, 'all.yaml'), toYaml(tasks.map((definition) => toTask(definition)))));

const writeFiles = (folder: string, tasks: readonly TaskDefinition[]) =>
  took(() => {
    for (const definition of tasks)
      writeFileSync(join(folder, `${definition.name}.yaml`), toYaml([toTask(definition)]));
  });

const stock = (app: App) => took(() => app.synth());

function oneChart(outdir: string, objects: readonly WireTask[], yamlOutputType: YamlOutputType): App {
  const app = new App({ outdir, yamlOutputType });
  const chart = new Chart(app, 'tasks');
  for (const object of objects) addTo(chart, object);
  return app;
}

/** As in this project: constructs around the definitions, in an App that writes readable files. */
function catalog(outdir: string, tasks: readonly TaskDefinition[]): App {
  const app = new CatalogApp({ outdir, producedBy: 'bench' });
  const chart = new CatalogChart(app, 'catalog', { source: 'bench' });
  for (const definition of tasks) new Task(chart, definition.name, { definition });
  return app;
}

/** How a catalog of a file per Task is written with stock cdk8s, which writes a file per chart. */
function chartEach(outdir: string, objects: readonly WireTask[]): App {
  const app = new App({ outdir });
  for (const object of objects) addTo(new Chart(app, object.metadata.name ?? ''), object);
  return app;
}

const addTo = (chart: Chart, { metadata, ...rest }: WireTask) =>
  new ApiObject(chart, metadata.name ?? '', { ...rest, metadata: { ...metadata } });
