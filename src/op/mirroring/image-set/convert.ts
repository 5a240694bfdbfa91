import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  Scalar,
  type YAMLMap,
} from 'yaml';
import type { YamlProblem } from '../../kit/config/yaml-problems.js';
import type { YamlPath } from '../../kit/config/yaml-text.js';
import { pathText } from '../import/imported.js';
import { type Field, type FieldKind, type Fields, imageSetFields } from './fields.js';
import { rulesOfV2 } from './rules.js';

/** An ImageSetConfiguration of version v2alpha1, and what was dropped on the way. */
export interface Converted {
  readonly text: string;
  /** The version that the file had. */
  readonly from: 'v1alpha2' | 'v2alpha1';
  readonly warnings: readonly YamlProblem[];
}

const current = 'mirror.openshift.io/v2alpha1';
const former = 'mirror.openshift.io/v1alpha2';

/** Converts an ImageSetConfiguration (or DeleteImageSetConfiguration) to v2alpha1. Comments and the order stay. */
export function convertImageSet(content: string): Converted | { readonly problems: readonly YamlProblem[] } {
  const lines = new LineCounter();
  const documents = parseAllDocuments(content, { lineCounter: lines });
  const problem = (line: number, what: string, path = '') => ({ problems: [{ line, path, what }] });
  const written = Array.isArray(documents)
    ? documents.filter(({ contents, errors }) => contents !== null || errors.length > 0)
    : [];
  const [document, second] = written;
  if (document === undefined) return problem(1, 'is empty');
  const wrong = written.flatMap(({ errors }) => errors);
  const [first] = wrong;
  if (first !== undefined) {
    const what = `is not YAML: ${first.message.split(/ at line|\n/u)[0] ?? first.message}`;
    return problem(lines.linePos(first.pos[0]).line, what);
  }
  const lineOf = (node: unknown): number =>
    typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
      ? lines.linePos(Number(node.range[0])).line
      : 1;
  if (second !== undefined) return problem(lineOf(second.contents), 'is a second document: give each its own file');
  if (!isMap(document.contents)) return problem(1, 'is not an object');
  const version: unknown = document.contents.get('apiVersion');
  if (version !== undefined && version !== current && version !== former) {
    const pair = document.contents.items.find(({ key }) => isScalar(key) && key.value === 'apiVersion');
    return problem(lineOf(pair?.key), `is ${String(version)}; only ${former} is converted`, 'apiVersion');
  }
  const visit = new Visit(document, lineOf);
  visit.object(document.contents, imageSetFields, []);
  if (visit.problems.length === 0) visit.header(document.contents);
  const problems = [
    ...visit.problems,
    ...(visit.problems.length > 0 ? [] : rulesOfV2(document.toJS()).map(visit.locate)),
  ];
  if (problems.length > 0) return { problems: problems.toSorted((one, other) => one.line - other.line) };
  const warnings = visit.warnings.toSorted((one, other) => one.line - other.line);
  return { text: document.toString({ lineWidth: 0 }), from: visit.from, warnings };
}

class Visit {
  readonly problems: YamlProblem[] = [];
  readonly warnings: YamlProblem[] = [];
  from: 'v1alpha2' | 'v2alpha1' = 'v2alpha1';
  readonly #document: Document.Parsed;
  readonly #lineOf: (node: unknown) => number;
  /** Where each path is, which a rename or a removal may have changed. */
  readonly #places = new Map<string, number>();

  constructor(document: Document.Parsed, lineOf: (node: unknown) => number) {
    this.#document = document;
    this.#lineOf = lineOf;
  }

  readonly locate = ({ path, what }: { readonly path: YamlPath; readonly what: string }): YamlProblem => {
    let line: number | undefined;
    for (let length = path.length; line === undefined && length > 0; length--)
      line = this.#places.get(pathText(path.slice(0, length)));
    return { line: line ?? 1, path: pathText(path), what };
  };

  object(map: YAMLMap, fields: Fields, path: YamlPath): void {
    const gone: unknown[] = [];
    const seen = new Set<string>();
    for (const pair of map.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      const field = fields.get(key.toLowerCase());
      const line = this.#lineOf(pair.key);
      const at = [...path, field?.name ?? key];
      this.#places.set(pathText(at), line);
      const refuse = (what: string) => this.problems.push({ line, path: pathText(at), what });
      if (field === undefined) {
        refuse(key === '<<' ? 'is a merge; write it out' : 'is unknown; oc-mirror refuses it');
        continue;
      }
      if (seen.has(field.name)) refuse('is there twice, in other letters');
      seen.add(field.name);
      if (isScalar(pair.key)) pair.key.value = field.name;
      if (field.refused !== undefined) refuse(field.refused);
      else if (field.dropped === undefined) this.#value(pair, field, at);
      else {
        this.warnings.push({ line, path: pathText(at), what: field.dropped });
        gone.push(pair.key);
      }
    }
    for (const key of gone) map.delete(key);
    if (fields.has('targetname')) this.#renameTarget(map, path);
  }

  #value(pair: Pair<unknown, unknown>, field: Field, path: YamlPath): void {
    const node = isAlias(pair.value) ? pair.value.resolve(this.#document) : pair.value;
    const { kind, fields } = field;
    const line = this.#lineOf(pair.key);
    // Nothing is as good as leaving it out.
    if (node === null || node === undefined || (isScalar(node) && node.value === null)) return;
    const wrong = () => this.problems.push({ line, path: pathText(path), what: mustBe[kind] });
    if (kind === 'part' && fields !== undefined && isMap(node)) {
      this.object(node, fields, path);
      return;
    }
    if (kind === 'list' && fields !== undefined && isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        const one = isAlias(item) ? item.resolve(this.#document) : item;
        this.#places.set(pathText([...path, index]), this.#lineOf(one));
        if (isMap(one)) this.object(one, fields, [...path, index]);
        else
          this.problems.push({ line: this.#lineOf(one), path: pathText([...path, index]), what: 'must be an object' });
      }
      return;
    }
    if (kind === 'texts' && isSeq(node)) {
      if (!node.items.every((item) => isScalar(item) && typeof item.value === 'string')) wrong();
      return;
    }
    const value = isScalar(node) ? node.value : undefined;
    const isRight =
      (kind === 'text' && typeof value === 'string') ||
      (kind === 'flag' && typeof value === 'boolean') ||
      (kind === 'count' && Number.isSafeInteger(value));
    if (!isRight) wrong();
  }

  /** v1's `targetName` is the last part of the path, v2's `targetCatalog` all of it. */
  #renameTarget(map: YAMLMap, path: YamlPath): void {
    const name = map.get('targetName');
    if (typeof name !== 'string') return;
    const place = this.locate({ path: [...path, 'targetName'], what: '' });
    if (map.has('targetCatalog')) {
      map.delete('targetName');
      this.warnings.push({ ...place, what: 'is dropped: targetCatalog counts' });
      return;
    }
    const catalog = map.get('catalog');
    const parts =
      (typeof catalog === 'string' ? catalog : '')
        .replace(/^[a-z]+:(?:\/\/)?/u, '')
        .split('@')[0]
        ?.split('/') ?? [];
    const target = [...parts.slice(1, -1), name].join('/');
    const pair = map.items.find(({ key }) => isScalar(key) && key.value === 'targetName');
    if (pair === undefined || !isScalar(pair.key)) return;
    pair.key.value = 'targetCatalog';
    pair.value = new Scalar(target);
    this.#places.set(pathText([...path, 'targetCatalog']), place.line);
    this.warnings.push({ ...place, what: `becomes targetCatalog: ${target}` });
  }

  /** The kind, the version, and the one part with content. */
  header(map: YAMLMap): void {
    const kind = map.get('kind');
    const add = (path: string, what: string) => this.problems.push(this.locate({ path: [path], what }));
    const wanted = kind === 'DeleteImageSetConfiguration' ? 'delete' : 'mirror';
    const other = wanted === 'delete' ? 'mirror' : 'delete';
    if (kind !== 'ImageSetConfiguration' && kind !== 'DeleteImageSetConfiguration') {
      return void add('kind', 'must be ImageSetConfiguration or DeleteImageSetConfiguration');
    }
    if (!map.has(wanted)) add(wanted, `is missing, and it is a ${kind}`);
    if (map.has(other)) add(other, `does not belong into a ${kind}`);
    if (map.get('apiVersion') === former) this.from = 'v1alpha2';
    map.set('apiVersion', current);
  }
}

const mustBe: Readonly<Record<FieldKind, string>> = {
  text: 'must be a text; quote what looks like a number',
  texts: 'must be a list of texts; quote what looks like a number',
  flag: 'must be true or false',
  count: 'must be a whole number',
  part: 'must be an object',
  list: 'must be a list of objects',
};
