/** YAML to JSON values as kubectl does it: YAML 1.1 (`yes` is true, 010 is 8), no timestamps, keys are texts. */
import { type Document, isNode, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { LocalProblem } from '../contract.js';

export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** One object of a file, before anything is known about it. */
export interface Parsed {
  readonly source: string;
  readonly value: Json;
  /** The line of a field, from 1; the nearest that exists when the field does not. */
  lineOf(path: readonly (string | number)[]): number;
}

/** sigs.k8s.io/yaml knows neither of these: such texts stay texts. */
const unknownTags = ['timestamp', 'binary', 'omap', 'pairs', 'set', 'intTime', 'floatTime'];

export function parseFile(file: { readonly source: string; readonly text: string }): {
  readonly parsed: readonly Parsed[];
  readonly problems: readonly LocalProblem[];
} {
  const lines = new LineCounter();
  const documents = parseAllDocuments(file.text, {
    version: '1.1',
    lineCounter: lines,
    intAsBigInt: true,
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || !unknownTags.some((name) => isTag(tag, name))),
  });
  const problems: LocalProblem[] = [];
  const parsed: Parsed[] = [];
  if (!Array.isArray(documents)) return { parsed, problems };
  for (const document of documents) {
    const odd = oddKey(document);
    if (odd !== undefined) {
      const line = lines.linePos(odd).line;
      const what = 'an object is the key of another, as in {{ template }}';
      problems.push({
        path: file.source,
        what,
        hint: 'fill the template in, or quote it',
        at: `${file.source}:${line}`,
      });
      continue;
    }
    const [error] = document.errors;
    if (error !== undefined) {
      const line = lines.linePos(error.pos[0]).line;
      const what = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML';
      problems.push({
        path: file.source,
        what,
        hint: `correct the YAML at line ${line}`,
        at: `${file.source}:${line}`,
      });
      continue;
    }
    const lineOf = (path: readonly (string | number)[]): number => {
      for (let length = path.length; length >= 0; length--) {
        const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
        const range = isRanged(node) ? node.range : undefined;
        if (range !== undefined && range !== null) return lines.linePos(range[0]).line;
      }
      return 1;
    };
    const toJs = (): Json => document.toJS({ maxAliasCount: 1000 }) as Json;
    let value: Json;
    try {
      value = toJs();
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      problems.push({ path: file.source, what, hint: 'write the object without aliases', at: file.source });
      continue;
    }
    for (const [path, item] of items(value, [])) {
      parsed.push({ source: file.source, value: item, lineOf: (rest) => lineOf([...path, ...rest]) });
    }
  }
  return { parsed, problems };
}

/** A `kind: List` is its items. Empty documents are nothing. */
function items(value: Json, path: readonly (string | number)[]): [readonly (string | number)[], Json][] {
  if (value === null) return [];
  if (isObject(value) && typeof value.kind === 'string' && value.kind.endsWith('List') && Array.isArray(value.items)) {
    return value.items.flatMap((item: Json, index) => items(item, [...path, 'items', index]));
  }
  return [[path, value]];
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where a key is no plain text. */
function oddKey(document: Document): number | undefined {
  let found: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (!isNode(key) || isScalar(key)) return undefined;
      found = key.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

function isRanged(node: unknown): node is { range?: [number, number, number] | null } {
  return typeof node === 'object' && node !== null && 'range' in node;
}

function isTag(tag: { readonly tag: string; readonly format?: string }, name: string): boolean {
  if (name === 'intTime' || name === 'floatTime') return tag.format === 'TIME' && tag.tag.includes(name.slice(0, 3));
  return tag.tag === `tag:yaml.org,2002:${name}`;
}
