import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { toYaml } from '../tekton/index.js';
import { CatalogChart } from './catalog-chart.js';
import { type JsonObject, objectHead, orderLike } from './order.js';

/** Where a catalog is written, and what its header says. */
export interface CatalogAppProps {
  /** @default CDK8S_OUTDIR, which `cdk8s synth` sets; else `dist` */
  readonly outdir?: string;
  /** Name and version in the first line of each file. */
  readonly producedBy: string;
}

/** An object that knows the order in which its author wrote its fields. */
export interface OrderedObject {
  readonly written: JsonObject;
}

const hasOrder = (object: object): object is OrderedObject => 'written' in object;

const isCatalogChart = (node: unknown): node is CatalogChart => node instanceof CatalogChart;

/**
 * A cdk8s App whose charts become readable files: fields in the order people write them, text as blocks, one header.
 * `synth` checks everything first and writes nothing when anything is wrong; files of charts that are gone are removed.
 * @throws Error that lists every problem of every chart
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
    for (const [name, content] of files) writeIfChanged(join(this.outdir, name), content);
    for (const name of readdirSync(this.outdir)) {
      if (name.endsWith('.yaml') && !files.has(name)) rmSync(join(this.outdir, name));
    }
  }

  /** The content of each file by its name: what `synth` writes. */
  files(): Map<string, string> {
    const charts = this.node.children.filter(isCatalogChart);
    const problems = [...this.node.findAll().flatMap((node) => node.node.validate()), ...duplicates(charts)];
    if (problems.length > 0) throw new Error(`the catalog has ${problems.length} problem(s):\n${problems.join('\n')}`);
    return new Map(charts.map((chart) => [`${chart.node.id}.yaml`, this.#file(chart)]));
  }

  #file(chart: CatalogChart): string {
    const objects = chart.objects.map((object): JsonObject => {
      const json: JsonObject = object.toJson();
      const ordered = orderLike(json, hasOrder(object) ? { ...objectHead, ...object.written } : objectHead);
      return ordered as JsonObject;
    });
    const header = `${this.#producedBy}, generated from ${chart.source}: change that file, not this one.`;
    return toYaml(objects, { header });
  }
}

function duplicates(charts: readonly CatalogChart[]): string[] {
  const seen = new Map<string, string>();
  return charts.flatMap((chart) =>
    chart.objects.flatMap((object) => {
      const identity = `${object.kind}/${object.name}`;
      const first = seen.get(identity);
      seen.set(identity, first ?? chart.node.id);
      return first === undefined ? [] : [`${chart.node.id} > ${identity}: ${first} has the same object`];
    }),
  );
}

/** Leaves a file that is right already untouched, so that its time and git stay quiet. */
function writeIfChanged(path: string, content: string): void {
  try {
    if (readFileSync(path, 'utf8') === content) return;
  } catch {
    // It is not there yet.
  }
  writeFileSync(path, content);
}
