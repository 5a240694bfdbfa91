import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { toYaml } from '../tekton/index.js';
import { type CatalogChart, optionalFolder } from './catalog-chart.js';
import { type JsonObject, objectHead, orderLike } from './order.js';

/** Where a catalog is written, and the content of its header. */
export interface CatalogAppProps {
  /** @default CDK8S_OUTDIR, which `cdk8s synth` sets, or `dist` */
  readonly outdir?: string;
  /** Name and version in the first line of each file. */
  readonly producedBy: string;
}

/** An object that knows the order in which its author wrote its fields. */
export interface OrderedObject {
  readonly written: JsonObject;
}

const hasOrder = (object: object): object is OrderedObject => 'written' in object;

/** cdk8s answers `instanceof` for all charts alike, so a CatalogChart is recognized by a property that only it has. */
const isCatalogChart = (node: unknown): node is CatalogChart => node instanceof Chart && 'source' in node;

/** Text in the first line of every file, which identifies the files of an earlier synth. */
const generated = ', generated from ';

/**
 * A cdk8s App whose charts become readable files: fields in the order people write them, text as blocks, one header.
 * `synth` checks everything first and writes nothing if there is a problem. Files of charts that no longer exist are recognized by their
 * header and removed: a file that somebody wrote by hand stays.
 *
 * @throws Error that lists every problem of every chart
 * @example
 * const app = new CatalogApp({ producedBy: 'team 1.0' });
 * new Task(new CatalogChart(app, 'task-scan', { source: 'tasks/scan.ts' }), 'scan', { definition: scan });
 * app.synth(); // dist/task-scan.yaml
 */
export class CatalogApp extends App {
  readonly #producedBy: string;

  constructor({ outdir, producedBy }: CatalogAppProps) {
    super({ outputFileExtension: '.yaml', ...(outdir === undefined ? {} : { outdir }) });
    this.#producedBy = producedBy;
  }

  override synth(): void {
    const files = this.files();
    mkdirSync(this.outdir, { recursive: true });
    for (const [file, content] of files) writeIfChanged(join(this.outdir, file), content);
    const written = [...yamlFiles(this.outdir, ''), ...yamlFiles(this.outdir, optionalFolder)];
    for (const file of written) {
      const path = join(this.outdir, file);
      if (!files.has(file) && isGenerated(path)) rmSync(path);
    }
  }

  /** The content of each file by its path in the catalog: what `synth` writes. */
  files(): Map<string, string> {
    const charts = this.node.children.filter(isCatalogChart);
    const problems = [
      ...this.node.findAll().flatMap((node) => node.node.validate()),
      ...this.node.children.filter((node) => node instanceof Chart && !isCatalogChart(node)).map(unwritable),
      ...duplicates(charts),
    ];
    if (problems.length > 0) {
      const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
      throw new Error(`the catalog has ${count}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    }
    return new Map(charts.map((chart) => [chart.file, this.#file(chart)]));
  }

  #file(chart: CatalogChart): string {
    const objects = chart.objects.map((object): JsonObject => {
      const json: JsonObject = object.toJson();
      const ordered = orderLike(json, hasOrder(object) ? { ...objectHead, ...object.written } : objectHead);
      return ordered as JsonObject;
    });
    const header = `${this.#producedBy}${generated}${chart.source}: change that file, not this one.`;
    return toYaml(objects, { header });
  }
}

const unwritable = ({ node }: { readonly node: { readonly id: string } }): string =>
  `${node.id}: is a plain Chart and has no file; make it a CatalogChart`;

/** The same object twice: one would overwrite the other when they are applied. The same name may appear in another namespace or API group. */
function duplicates(charts: readonly CatalogChart[]): string[] {
  const seen = new Map<string, string>();
  return charts.flatMap((chart) =>
    chart.objects.flatMap((object) => {
      const { kind, name, apiGroup, metadata } = object;
      const identity = JSON.stringify([apiGroup, kind, metadata.namespace, name]);
      const first = seen.get(identity);
      seen.set(identity, first ?? chart.node.id);
      return first === undefined ? [] : [`${chart.node.id} > ${kind}/${name}: ${first} contains the same object`];
    }),
  );
}

/** The YAML files of a folder of the catalog, by their paths in it. */
function yamlFiles(outdir: string, folder: string): string[] {
  if (!existsSync(join(outdir, folder))) return [];
  return readdirSync(join(outdir, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name));
}

function isGenerated(path: string): boolean {
  const [first = ''] = readFileSync(path, 'utf8').split('\n', 1);
  return first.startsWith('# ') && first.includes(generated);
}

/** Does not touch an unchanged file, so that its modification time stays the same. */
function writeIfChanged(path: string, content: string): void {
  try {
    if (readFileSync(path, 'utf8') === content) return;
  } catch {
    // The file does not exist yet.
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
