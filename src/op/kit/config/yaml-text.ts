import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml';
import type { YamlProblem } from './yaml-problems.js';

/** A key of an object, or an index of a list. */
export type YamlPath = readonly (string | number)[];

/** A YAML document whose scalars are texts as they are written: `1.20` is not the number 1.2, and `v1` without quotes is as good as with. */
export interface YamlText {
  /** Objects, arrays and strings; a value that is empty is the empty string. Anchors and merge keys are followed. */
  readonly value: unknown;
  /** Where a path is written: for what comes from an anchor, the line there. A path that is not there has the line of what should hold it. */
  readonly lineOf: (path: YamlPath) => number;
  /** Whether the scalar there has quotes. */
  readonly isQuoted: (path: YamlPath) => boolean;
}

/** Values that a file may have, anchors counted each time: more is an attack. */
const mostValues = 2_000_000;

type Tree =
  | { readonly kind: 'text'; readonly line: number; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'list'; readonly line: number; readonly items: readonly Tree[] }
  | {
      readonly kind: 'object';
      readonly line: number;
      readonly entries: ReadonlyMap<string, { readonly line: number; readonly tree: Tree }>;
    };

/** A scalar as it is written; one that is empty, or `~` or `null` without quotes, has the text ''. */
export interface YamlScalar {
  readonly text: string;
  readonly quoted: boolean;
}

/**
 * Reads the one document of a file.
 * @param scalarOf what a scalar is; without it, its text
 * @param most values that it may have, anchors counted each time
 */
export function readYamlText(
  content: string,
  scalarOf: (scalar: YamlScalar) => unknown = ({ text }) => text,
  most = mostValues,
): YamlText | { readonly problems: readonly YamlProblem[] } {
  const lines = new LineCounter();
  const problem = (line: number, what: string) => ({ problems: [{ line, path: '', what }] });
  if (isTooDeep(content)) return problem(1, 'is nested too deep');
  // The parser compares every key with every other; here that is done with a map.
  const documents = parseAllDocuments(content, { lineCounter: lines, schema: 'failsafe', uniqueKeys: false });
  if (!Array.isArray(documents) || documents.length === 0) return problem(1, 'is empty');
  const written = documents.filter(({ contents, errors }) => errors.length > 0 || !isEmpty(contents));
  const [document, second] = written;
  if (document === undefined) return problem(1, 'is empty');
  const wrong = written.flatMap(({ errors }) => errors);
  const [first] = wrong;
  if (first !== undefined) {
    // What follows is often only a consequence.
    const what = `is not YAML: ${first.message.split(/ at line|\n/u)[0] ?? first.message}`;
    return problem(lines.linePos(first.pos[0]).line, what);
  }
  if (second?.contents?.range) {
    return problem(lines.linePos(second.contents.range[0]).line, 'is a second document: give each its own file');
  }
  const lineAt = (node: unknown): number => (isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1);
  try {
    const tree = treeReader(lineAt, most)(document.contents);
    return {
      value: toValue(tree, scalarOf),
      lineOf: (path) => find(tree, path).line,
      isQuoted: (path) => {
        const { found } = find(tree, path);
        return found?.kind === 'text' && found.quoted;
      },
    };
  } catch (error) {
    if (error instanceof Unreadable) return problem(error.line, error.message);
    throw error;
  }
}

/** Levels that a file may have: the parser takes minutes for ten thousands of them before it gives up. Brackets in texts count, too. */
const deepest = 1000;

function isTooDeep(content: string): boolean {
  if (content.includes(' '.repeat(deepest)) || content.includes('- '.repeat(deepest))) return true;
  let depth = 0;
  for (const [bracket] of content.matchAll(/[[\]{}]/gu)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > deepest) return true;
  }
  return false;
}

const isEmpty = (contents: ParsedNode | null): boolean =>
  contents === null || (isScalar(contents) && (contents.value === null || contents.value === '') && !contents.source);

class Unreadable extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Reads each node once: an anchor that is used a thousand times is one tree. */
function treeReader(lineAt: (node: unknown) => number, most: number) {
  const anchors = new Map<string, unknown>();
  const known = new Map<unknown, Tree | 'being read'>();
  const sizes = new Map<Tree, number>();
  const sizeOf = (tree: Tree): number => sizes.get(tree) ?? 1;

  function read(node: unknown): Tree {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined)
        throw new Unreadable(lineAt(node), `names an anchor that is not there: *${node.source}`);
      return read(target);
    }
    const before = known.get(node);
    if (before === 'being read') throw new Unreadable(lineAt(node), 'holds itself, through an anchor');
    if (before !== undefined) return before;
    known.set(node, 'being read');
    // In the order of the file: an alias means the last anchor of its name.
    if (isNode(node) && 'anchor' in node && node.anchor !== undefined) anchors.set(node.anchor, node);
    const tree = build(node);
    const parts =
      tree.kind === 'list'
        ? tree.items
        : tree.kind === 'object'
          ? [...tree.entries.values()].map(({ tree }) => tree)
          : [];
    const size = parts.reduce((sum, part) => sum + sizeOf(part), 1);
    if (size > most) throw new Unreadable(tree.line, 'is too large when its anchors are followed');
    sizes.set(tree, size);
    known.set(node, tree);
    return tree;
  }

  function build(node: unknown): Tree {
    if (isSeq<ParsedNode>(node)) return { kind: 'list', line: lineAt(node), items: node.items.map(read) };
    if (isMap<ParsedNode, ParsedNode | null>(node)) return buildObject(node);
    if (isScalar(node)) {
      const quoted = node.type !== undefined && node.type !== 'PLAIN';
      // Empty and ~ and null are nothing, as every tool reads them.
      const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
      const nothing = !quoted && /^(?:~|null|Null|NULL)$/u.test(text);
      return { kind: 'text', line: lineAt(node), text: nothing ? '' : text, quoted };
    }
    return { kind: 'text', line: 1, text: '', quoted: false };
  }

  function buildObject(node: {
    readonly items: readonly { readonly key: ParsedNode; readonly value: ParsedNode | null }[];
  }): Tree {
    const entries = new Map<string, { readonly line: number; readonly tree: Tree }>();
    const merged: Tree[] = [];
    const names = new Set<string>();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) throw new Unreadable(lineAt(key), 'has a key that is not a text');
      const name = String(key.value);
      const line = lineAt(key);
      if (names.has(name)) throw new Unreadable(line, 'is not YAML: Map keys must be unique');
      names.add(name);
      const tree: Tree = value === null ? { kind: 'text', line, text: '', quoted: false } : read(value);
      if (name !== '<<' || key.type !== 'PLAIN') entries.set(name, { line, tree });
      else merged.push(...(tree.kind === 'list' ? tree.items : [tree]));
    }
    for (const tree of merged) {
      if (tree.kind !== 'object') throw new Unreadable(tree.line, 'is merged with <<, and is not an object');
      for (const [name, entry] of tree.entries) if (!entries.has(name)) entries.set(name, entry);
    }
    return { kind: 'object', line: lineAt(node), entries };
  }

  return read;
}

function toValue(tree: Tree, scalarOf: (scalar: YamlScalar) => unknown): unknown {
  if (tree.kind === 'text') return scalarOf(tree);
  if (tree.kind === 'list') return tree.items.map((item) => toValue(item, scalarOf));
  return Object.fromEntries([...tree.entries].map(([name, { tree }]) => [name, toValue(tree, scalarOf)]));
}

function find(tree: Tree, path: YamlPath): { readonly line: number; readonly found: Tree | undefined } {
  let line = tree.line;
  let found: Tree | undefined = tree;
  for (const key of path) {
    if (found?.kind === 'list') {
      found = found.items[Number(key)];
      line = found?.line ?? line;
    } else if (found?.kind === 'object') {
      const entry = found.entries.get(String(key));
      found = entry?.tree;
      line = entry?.line ?? line;
    } else return { line, found: undefined };
    if (found === undefined) return { line, found };
  }
  return { line, found };
}
