import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { App, Chart } from 'cdk8s';
import { type AnyDefinition, toYaml, warnings } from '../tekton/index.js';
import { checkMetadata } from '../tekton/validate/metadata.js';
import { checkLabel, checkSubdomain } from '../tekton/validate/names.js';
import { checkShape, typeOfObject } from '../tekton/validate/shape.js';
import { type CatalogChart, optionalFolder } from './catalog-chart.js';
import { inOrder, problemsOfOrder } from './dependencies.js';
import { type Installed, problemsBetween } from './installed.js';
import { type Json, type JsonObject, objectHead, orderLike } from './order.js';
import { ScheduledRun } from './scheduled-run.js';
import { sentence } from './sentence.js';
import type { OrderedObject } from './tekton-object.js';

/** Where a catalog is written, and the content of its header. */
export interface CatalogAppProps {
  /** @default CDK8S_OUTDIR, which `cdk8s synth` sets, or `dist` */
  readonly outdir?: string;
  /** Name and version in the first line of each file. Files of an app with another name stay. */
  readonly producedBy: string;
  /**
   * Tasks, StepActions and Pipelines that the objects of this app refer to, and that something else installs.
   * @default - none
   */
  readonly installed?: readonly Installed[];
  /**
   * Images that are replaced wherever an object runs exactly them, in objects of any kind.
   * @default - none
   */
  readonly images?: ReadonlyMap<string, string>;
}

const hasOrder = (object: object): object is OrderedObject => 'written' in object;

/** Whether somebody has changed what the core rendered. cdk8s answers `instanceof` for all objects alike. */
const isPatched = (object: object): boolean => 'patched' in object && object.patched === true;

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
  readonly #installed: readonly Installed[];
  readonly #images: ReadonlyMap<string, string>;

  constructor({ outdir, producedBy, installed = [], images = new Map() }: CatalogAppProps) {
    super({ outputFileExtension: '.yaml', ...(outdir === undefined ? {} : { outdir }) });
    this.#producedBy = producedBy;
    this.#installed = installed;
    this.#images = images;
  }

  override synth(): void {
    const files = this.files();
    const folder = resolve(this.outdir);
    const others = writtenBy(folder, this);
    const twice = [...files].flatMap(([file, content]) => ((others.get(file) ?? content) === content ? [] : [file]));
    if (twice.length > 0)
      throw refused(
        twice.map(
          (file) => `${file}: another CatalogApp has written this file with other content; use one app, or two folders`,
        ),
      );
    written.set(this, { folder, files });
    for (const warning of this.warnings()) process.stderr.write(`warning: ${warning}\n`);
    mkdirSync(this.outdir, { recursive: true });
    for (const [file, content] of files) writeIfChanged(join(this.outdir, file), content);
    for (const file of [...yamlFiles(this.outdir, ''), ...yamlFiles(this.outdir, optionalFolder)]) {
      const path = join(this.outdir, file);
      if (!files.has(file) && !others.has(file) && this.#isOwn(path)) rmSync(path);
    }
  }

  /** What is declared and not used, in all definitions: `synth` prints it. */
  warnings(): readonly string[] {
    return this.#definitions().flatMap((definition) => warnings(definition).map(sentence));
  }

  /** The content of each file by its path in the catalog: what `synth` writes. */
  files(): Map<string, string> {
    const all = this.node.findAll();
    const charts = all.filter(isCatalogChart);
    const problems = [
      ...this.node.findAll().flatMap((node) => node.node.validate()),
      ...all.filter((node) => node instanceof Chart && !isCatalogChart(node)).map(unwritable),
      ...sameFiles(charts),
      ...duplicates(charts),
      ...charts.flatMap(metadataProblems),
      ...problemsOfOrder(charts),
      ...problemsBetween(this.#definitions(), this.#installed),
    ];
    if (problems.length > 0) throw refused(problems);
    const patched = charts.flatMap(patchProblems);
    if (patched.length > 0) throw refused(patched);
    return new Map(charts.map((chart) => [chart.file, this.#file(chart)]));
  }

  #file(chart: CatalogChart): string {
    const objects = inOrder(chart.objects).map((object): JsonObject => {
      const json: JsonObject = object.toJson();
      const ordered = orderLike(json, hasOrder(object) ? { ...objectHead, ...object.written } : objectHead);
      return this.#replaced(ordered) as JsonObject;
    });
    const header = `${this.#producedBy}${generated}${chart.source}: change that file, not this one.`;
    return toYaml(objects, { header });
  }

  #replaced(value: Json): Json {
    if (typeof value === 'string') return this.#images.get(value) ?? value;
    if (Array.isArray(value)) return value.map((item: Json) => this.#replaced(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#replaced(inner)]));
  }

  #definitions(): readonly AnyDefinition[] {
    return this.node.findAll().flatMap((node) => (hasDefinition(node) ? [node.definition] : []));
  }

  /** Whether a file is of an earlier synth of this app, or of an older version of it. */
  #isOwn(path: string): boolean {
    const [first = ''] = readFileSync(path, 'utf8').split('\n', 1);
    if (!first.startsWith('# ') || !first.includes(generated)) return false;
    return nameOf(first.slice(2, first.indexOf(generated))) === nameOf(this.#producedBy);
  }
}

/** What the apps of this process have written. */
const written = new Map<CatalogApp, { readonly folder: string; readonly files: ReadonlyMap<string, string> }>();

function writtenBy(folder: string, but: CatalogApp): ReadonlyMap<string, string> {
  const others = [...written].filter(([app, one]) => app !== but && one.folder === folder);
  return new Map(others.flatMap(([, { files }]) => [...files]));
}

/** `octopipeline` of `octopipeline 1.2.0`. */
const nameOf = (producedBy: string): string => producedBy.replace(/ v?\d[\w.+-]*$/u, '');

/** An object that was made of a definition of the typed core. */
const hasDefinition = (node: object): node is { readonly definition: AnyDefinition } =>
  'definition' in node && (hasOrder(node) || node instanceof ScheduledRun);

function refused(problems: readonly string[]): Error {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new Error(`the catalog has ${count}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
}

function sameFiles(charts: readonly CatalogChart[]): string[] {
  return charts.flatMap((chart, index) => {
    const first = charts.findIndex(({ file }) => file === chart.file);
    return first === index
      ? []
      : [`${chart.node.path}: ${charts[first]?.node.path} is written to ${chart.file} too; rename one`];
  });
}

/** Names, namespaces and labels that the API server refuses. */
function metadataProblems(chart: CatalogChart): string[] {
  const problems: string[] = [];
  const report = (path: string, message: string) => problems.push(`${chart.node.id} > ${path}: ${message}`);
  if (chart.namespace !== undefined) checkLabel(chart.namespace, 'namespace', report);
  checkMetadata({ labels: chart.labels }, report);
  for (const { kind, name } of chart.objects) {
    // The names of RBAC objects may be almost anything.
    if (!/^(?:Cluster)?Role(?:Binding)?$/u.test(kind)) checkSubdomain(name, `${kind}/${name}`, report);
  }
  return [...new Set(problems)];
}

/** Fields that a JSON patch has put where Tekton does not know them. */
function patchProblems(chart: CatalogChart): string[] {
  return chart.objects.flatMap((object) => {
    const type = typeOfObject(object.apiVersion, object.kind);
    if (type === undefined || !isPatched(object)) return [];
    const problems: string[] = [];
    checkShape(type, object.toJson(), '', (path, message, hint) => {
      problems.push(
        `${chart.node.id} > ${object.kind}/${object.name} > ${path}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
      );
    });
    return problems;
  });
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
