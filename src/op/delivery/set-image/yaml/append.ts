import { isCollection, isMap, isPair, isScalar, type Node, type Scalar, visit, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Splice } from './documents.js';
import { type Style, writeScalar } from './scalar.js';

/** A key and its value. */
export type Entry = readonly [key: string, value: string];

/** The splice that adds a key at the end of a mapping, in the style of its other keys. */
export function appendKey(text: string, map: YAMLMap, entry: Entry): Splice {
  if (map.flow) return intoFlow(map, flowEntry(entry, styleOf(map)));
  const column = columnOf(text, startOf(map));
  return afterLine(text, endOf(map), [`${' '.repeat(column)}${blockEntry(entry)}`]);
}

/** The splice that adds a mapping at the end of a list. */
export function appendItem(text: string, list: YAMLSeq, entries: readonly Entry[]): Splice {
  if (list.flow) return intoFlow(list, flowMap(entries, styleOf(list)));
  const column = columnOf(text, startOf(list));
  const [item] = list.items;
  const inner = isCollection(item) && !item.flow ? columnOf(text, startOf(item)) : column + 2;
  return afterLine(text, endOf(list), blockItem(entries, column, inner));
}

/** The splice that adds `key` with a list of one mapping at the end of a mapping at the top of a document. */
export function appendList(text: string, map: YAMLMap, key: string, entries: readonly Entry[]): Splice {
  if (map.flow) {
    const style = styleOf(map);
    return intoFlow(map, `${writeScalar(key, style)}: [${flowMap(entries, style)}]`);
  }
  const column = columnOf(text, startOf(map));
  const lines = blockItem(entries, column + usualIndent(text, map), undefined);
  return afterLine(text, endOf(map), [`${' '.repeat(column)}${key}:`, ...lines]);
}

/** The splice that gives a key without a value (`images:`) a list of one mapping. */
export function fillList(text: string, map: YAMLMap, empty: Scalar, entries: readonly Entry[]): Splice {
  const [start, end] = empty.range ?? [0, 0];
  if (map.flow || start !== end) return { start, end, text: `[${flowMap(entries, styleOf(map))}]` };
  const column = columnOf(text, startOf(map)) + usualIndent(text, map);
  return afterLine(text, start, blockItem(entries, column, undefined));
}

function blockItem(entries: readonly Entry[], column: number, inner = column + 2): readonly string[] {
  const dash = `${' '.repeat(column)}-${' '.repeat(Math.max(1, inner - column - 1))}`;
  return entries.map((entry, at) => `${at === 0 ? dash : ' '.repeat(dash.length)}${blockEntry(entry)}`);
}

const blockEntry = ([key, value]: Entry) => `${key}: ${writeScalar(value, 'plain')}`;
const flowEntry = ([key, value]: Entry, style: Style) => `${writeScalar(key, style)}: ${writeScalar(value, style)}`;
const flowMap = (entries: readonly Entry[], style: Style) =>
  `{${entries.map((entry) => flowEntry(entry, style)).join(', ')}}`;

/** JSON style, when the keys of the collection have it. */
function styleOf(collection: YAMLMap | YAMLSeq): Style {
  let quoted = false;
  visit(collection, {
    Scalar: (at, { type }) => {
      if (at === 'key' && type === 'QUOTE_DOUBLE') quoted = true;
    },
  });
  return quoted ? 'double' : 'plain';
}

/** After the last item of a flow collection, or into an empty one. */
function intoFlow(collection: YAMLMap | YAMLSeq, insert: string): Splice {
  const last = collection.items.at(-1);
  if (last === undefined) {
    const at = startOf(collection) + 1;
    return { start: at, end: at, text: insert };
  }
  const at = endOf(isPair(last) ? (last.value ?? last.key) : last);
  return { start: at, end: at, text: `, ${insert}` };
}

/** New lines below the line of `at`, with the line ends of the file. */
function afterLine(text: string, at: number, lines: readonly string[]): Splice {
  const newline = /\r?\n/u.exec(text)?.[0] ?? '\n';
  const next = text[at - 1] === '\n' ? at : text.indexOf('\n', at) + 1;
  if (at !== 0 && next === 0) return { start: text.length, end: text.length, text: `${newline}${lines.join(newline)}` };
  return { start: next, end: next, text: lines.map((line) => `${line}${newline}`).join('') };
}

/** How far lists are indented from their key in this mapping; 0 puts `- ` right below the key. */
function usualIndent(text: string, map: YAMLMap): number {
  for (const { key, value } of map.items) {
    if (isCollection(value) && !isMap(value) && !value.flow && isScalar(key) && key.range) {
      return Math.max(0, columnOf(text, startOf(value)) - columnOf(text, key.range[0]));
    }
  }
  return 0;
}

function columnOf(text: string, at: number): number {
  const column = at - (text.lastIndexOf('\n', at - 1) + 1);
  return at === column && text.startsWith('\ufeff') ? column - 1 : column;
}

/** A block collection starts at its first dash or key. */
const startOf = (node: Node) => node.range?.[0] ?? 0;

/** The end of the last value in a node; the range of a collection would include the comments after it. */
function endOf(node: unknown): number {
  if (isCollection(node) && !node.flow) {
    const last = node.items.at(-1);
    if (isPair(last)) return last.value === null ? endOf(last.key) : endOf(last.value);
    if (last !== undefined) return endOf(last);
  }
  return isNodeWithRange(node) ? node.range[1] : 0;
}

const isNodeWithRange = (node: unknown): node is { readonly range: readonly [number, number, number] } =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
