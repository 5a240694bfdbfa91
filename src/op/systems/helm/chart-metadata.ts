import { GoNumber, goScalar } from '../../kit/config/go-scalar.js';
import { readYamlText } from '../../kit/config/yaml-text.js';

/** Why a chart is none that Helm could push. */
export class NotAChart extends Error {}

/** What a field of `Chart.yaml` is. */
type Kind = 'text' | 'truth' | 'anything' | { readonly list: Kind } | { readonly map: 'text' } | Struct;
/** Its fields in the order in which Helm writes them; `always` those that are written when they are empty, too. */
interface Struct {
  readonly fields: readonly (readonly [name: string, kind: Kind])[];
  readonly always?: readonly string[];
  /** Fields whose spaces and characters that cannot be printed Helm tidies. */
  readonly tidied: readonly string[];
}

/** Source: Helm 3, pkg/chart/metadata.go and dependency.go. */
const maintainer: Struct = {
  fields: [
    ['name', 'text'],
    ['email', 'text'],
    ['url', 'text'],
  ],
  tidied: ['name', 'email', 'url'],
};
const dependency: Struct = {
  fields: [
    ['name', 'text'],
    ['version', 'text'],
    ['repository', 'text'],
    ['condition', 'text'],
    ['tags', { list: 'text' }],
    ['enabled', 'truth'],
    ['import-values', { list: 'anything' }],
    ['alias', 'text'],
  ],
  always: ['name', 'repository'],
  tidied: ['name', 'version', 'repository', 'condition', 'tags'],
};
const metadata: Struct = {
  fields: [
    ['name', 'text'],
    ['home', 'text'],
    ['sources', { list: 'text' }],
    ['version', 'text'],
    ['description', 'text'],
    ['keywords', { list: 'text' }],
    ['maintainers', { list: maintainer }],
    ['icon', 'text'],
    ['apiVersion', 'text'],
    ['condition', 'text'],
    ['tags', 'text'],
    ['appVersion', 'text'],
    ['deprecated', 'truth'],
    ['annotations', { map: 'text' }],
    ['kubeVersion', 'text'],
    ['dependencies', { list: dependency }],
    ['type', 'text'],
  ],
  tidied: [
    'name',
    'description',
    'home',
    'icon',
    'condition',
    'tags',
    'appVersion',
    'kubeVersion',
    'sources',
    'keywords',
  ],
};

/** Values of a struct by the names of its fields; maps as `Map`, so that their keys are never numbers. */
type Values = Map<string, Value>;
type Value = string | number | boolean | null | Values | Value[];

/** What a chart says of itself. */
export interface ChartMetadata {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly home: string;
  /** The first of its sources. */
  readonly source: string;
  readonly maintainers: readonly { readonly name: string; readonly email: string }[];
  readonly annotations: ReadonlyMap<string, string>;
  /** The configuration that `helm push` writes, byte for byte. */
  readonly json: string;
}

/**
 * Reads `Chart.yaml`, and the `requirements.yaml` that older charts have, as Helm does when it pushes a chart.
 * @throws NotAChart with what Helm would not take
 */
export function readMetadata(chart: string, requirements: string | undefined): ChartMetadata {
  const values: Values = new Map();
  fill(values, metadata, parse('Chart.yaml', chart), 'Chart.yaml');
  if (textIn(values, 'apiVersion') === '') values.set('apiVersion', 'v1');
  if (requirements !== undefined) {
    fill(values, metadata, parse('requirements.yaml', requirements), 'requirements.yaml');
  }
  tidy(values, metadata);
  const maintainers = listIn(values, 'maintainers').map((one) => {
    if (!(one instanceof Map)) throw new NotAChart('Chart.yaml has a maintainer without a name');
    return { name: textIn(one, 'name'), email: textIn(one, 'email') };
  });
  if (listIn(values, 'dependencies').some((one) => !(one instanceof Map))) {
    throw new NotAChart('Chart.yaml has a dependency without a name');
  }
  const [source] = listIn(values, 'sources');
  const annotations = values.get('annotations');
  return {
    name: textIn(values, 'name'),
    version: textIn(values, 'version'),
    description: textIn(values, 'description'),
    home: textIn(values, 'home'),
    source: typeof source === 'string' ? source : '',
    maintainers,
    annotations: new Map(
      annotations instanceof Map ? [...annotations].map(([key, value]) => [key, String(value)]) : [],
    ),
    json: structText(values, metadata),
  };
}

const textIn = (values: Values, field: string): string => {
  const value = values.get(field);
  return typeof value === 'string' ? value : '';
};
const listIn = (values: Values, field: string): readonly Value[] => {
  const value = values.get(field);
  return Array.isArray(value) ? value : [];
};

function parse(file: string, content: string): unknown {
  const read = readYamlText(content, goScalar);
  if ('value' in read) return read.value;
  const [{ line, what } = { line: 1, what: 'is not YAML' }] = read.problems;
  throw new NotAChart(`line ${line} of its ${file} ${what}`);
}

/** Fills a struct as Go's reader of JSON does: a name in other capitals will do, and what is null changes nothing. */
function fill(values: Values, { fields }: Struct, given: unknown, at: string): void {
  if (given === null) return;
  if (!isObject(given)) throw new NotAChart(`its ${at} is not an object`);
  for (const key of Object.keys(given).toSorted(byBytes)) {
    const lower = key.toLowerCase();
    const field = fields.find(([name]) => name === key) ?? fields.find(([name]) => name.toLowerCase() === lower);
    if (field === undefined || given[key] === null) continue;
    const [name, kind] = field;
    values.set(name, fieldOf(kind, given[key], `${at}: ${name}`));
  }
}

function fieldOf(kind: Kind, given: unknown, at: string): Value {
  const wrong = (what: string) => new NotAChart(`in its ${at} is not ${what}`);
  if (kind === 'anything') return plainOf(given);
  if (kind === 'text') {
    if (given === null) return '';
    if (typeof given === 'boolean') return String(given);
    if (given instanceof GoNumber) return given.text;
    if (typeof given !== 'string') throw wrong('a text');
    return given;
  }
  if (kind === 'truth') {
    if (typeof given !== 'boolean') throw wrong('true or false');
    return given;
  }
  if ('list' in kind) {
    if (!Array.isArray(given)) throw wrong('a list');
    return given.map((one) => (one === null && typeof kind.list === 'object' ? null : fieldOf(kind.list, one, at)));
  }
  if (!isObject(given)) throw wrong('an object');
  if ('map' in kind) return new Map(Object.entries(given).map(([key, one]) => [key, fieldOf(kind.map, one, at)]));
  const values: Values = new Map();
  fill(values, kind, given, at);
  return values;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof GoNumber);

function plainOf(value: unknown): Value {
  if (value instanceof GoNumber) return value.value;
  if (Array.isArray(value)) return value.map(plainOf);
  if (isObject(value)) return new Map(Object.entries(value).map(([key, one]) => [key, plainOf(one)]));
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

/** Source: Helm 3, `Metadata.Validate`, sanitizeString. */
function tidy(values: Values, { fields, tidied }: Struct): void {
  for (const [name, kind] of fields) {
    const value = values.get(name);
    if (Array.isArray(value) && typeof kind === 'object' && 'list' in kind && isStruct(kind.list)) {
      for (const one of value) if (one instanceof Map) tidy(one, kind.list);
    }
    if (!tidied.includes(name)) continue;
    if (typeof value === 'string') values.set(name, tidyText(value));
    if (Array.isArray(value))
      values.set(
        name,
        value.map((one) => (typeof one === 'string' ? tidyText(one) : one)),
      );
  }
}

const isStruct = (kind: Kind): kind is Struct => typeof kind === 'object' && 'fields' in kind;

const tidyText = (text: string): string =>
  text.replaceAll(/\p{White_Space}/gu, ' ').replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '');

function structText(values: Values, { fields, always = [] }: Struct): string {
  const parts = fields.flatMap(([name, kind]) => {
    const value = values.get(name) ?? (always.includes(name) ? '' : null);
    if (isEmpty(value) && !always.includes(name)) return [];
    return [`${goJson(name)}:${textOf(value, kind)}`];
  });
  return `{${parts.join(',')}}`;
}

const isEmpty = (value: Value): boolean =>
  value === null ||
  value === '' ||
  value === false ||
  (value instanceof Map && value.size === 0) ||
  (Array.isArray(value) && value.length === 0);

function textOf(value: Value, kind: Kind): string {
  if (typeof value !== 'object' || value === null) return goJson(value);
  if (value instanceof Map) return isStruct(kind) ? structText(value, kind) : jsonMap(value);
  const item = typeof kind === 'object' && 'list' in kind ? kind.list : 'anything';
  return `[${value.map((one) => textOf(one, item)).join(',')}]`;
}

/** A map as Go writes it: its keys in the order of their bytes. */
export const jsonMap = (map: ReadonlyMap<string, Value>): string =>
  `{${[...map]
    .toSorted(([one], [other]) => byBytes(one, other))
    .map(([key, value]) => `${goJson(key)}:${textOf(value, 'anything')}`)
    .join(',')}}`;

const byBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

const escapes: Readonly<Record<string, string>> = {
  '<': '003c',
  '>': '003e',
  '&': '0026',
  '\u2028': '2028',
  '\u2029': '2029',
};
/** A scalar as Go writes it: fit for HTML. Source: Go, encoding/json. */
const goJson = (value: string | number | boolean | null): string =>
  (JSON.stringify(value) ?? 'null').replaceAll(/[<>&\u2028\u2029]/gu, (one) => `\\u${escapes[one]}`);
