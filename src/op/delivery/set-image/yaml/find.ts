import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, visit } from 'yaml';
import { inputError } from '../../../kit/errors/op-error.js';
import { oneLine } from '../../../kit/log/printable.js';
import { documentName, type YamlDocument, type YamlFile } from './documents.js';
import { nearest } from './nearest.js';
import { formatPath, type PathKey, type YamlPath } from './path.js';

/** The node at a path. */
export interface FoundNode {
  readonly document: number;
  readonly node: Node;
  /** Its keys in the value of the document that `meaningOf` returns. */
  readonly keys: readonly unknown[];
}

/** Why a document does not have the path, or why it must not be changed there. */
interface PathProblem {
  /** How many keys of the path exist. */
  readonly depth: number;
  readonly why: string;
  /** The path exists, but op must not change it. */
  readonly refused: boolean;
}

/**
 * Finds the one node at a path, but not through an alias, a merge key, or an anchor that is used elsewhere: a change there would change
 * other values too.
 * @throws OpError (input) when no document has the path, with the nearest keys, or when several have it
 */
export function findNode(file: YamlFile, path: YamlPath): FoundNode {
  const { document: index, keys } = path;
  const looked = file.documents.map((document, at) => look(document, at, keys));
  const asked = index === undefined ? looked : looked.slice(index, index + 1);
  const present = asked.filter((one) => !('why' in one) || one.refused);
  const [only] = present;
  if (present.length === 1 && only !== undefined && !('why' in only)) return only;
  if (present.length === 1 && only !== undefined && 'why' in only) {
    throw inputError({
      what: `${formatPath(keys)} of ${file.name} cannot be set`,
      why: only.why,
      hint: 'write the value itself at each of these places, without anchor, alias and merge key; op then sets one of them',
    });
  }
  throw present.length === 0 ? missing(file, path, asked) : ambiguous(file, keys);
}

function look(document: YamlDocument, index: number, path: readonly PathKey[]): FoundNode | PathProblem {
  const aliases = aliasesIn(document);
  const keys: unknown[] = [];
  let node: Node | null = document.contents;
  for (const [depth, key] of path.entries()) {
    const shared = sharedBecause(node, path.slice(0, depth), aliases);
    if (shared !== undefined) return { depth, why: shared, refused: true };
    const next = step(node, key);
    if ('why' in next) return { depth, why: `${whereIs(path, depth)} ${next.why}`, refused: next.refused };
    keys.push(next.key);
    node = next.node;
  }
  const shared = sharedBecause(node, path, aliases);
  if (shared !== undefined) return { depth: path.length, why: shared, refused: true };
  if (node === null) return { depth: path.length, why: `${formatPath(path)} has no value`, refused: true };
  return { document: index, node, keys };
}

type Step = { readonly node: Node | null; readonly key: unknown } | { readonly why: string; readonly refused: boolean };

function step(node: Node | null, key: PathKey): Step {
  if (typeof key === 'object') return select(node, key);
  if (isSeq<Node>(node)) {
    const at = typeof key === 'number' ? key : /^\d{1,6}$/u.test(key) ? Number(key) : undefined;
    if (at === undefined) return { why: 'is a list: use [0], [1] and so on, or [name=…]', refused: false };
    const item = node.items[at];
    if (item === undefined) return { why: `has ${node.items.length} items, so no [${at}]`, refused: false };
    return { node: item, key: at };
  }
  if (!isMap<unknown, Node | null>(node)) return { why: 'is not a mapping or list', refused: false };
  const name = String(key);
  const pair = node.items.find((one) => names(one, name));
  if (pair !== undefined) return { node: pair.value, key: isScalar(pair.key) ? pair.key.value : pair.key };
  if (node.items.some((one) => names(one, '<<')))
    return { why: `has no key "${name}", but merges other keys with <<`, refused: true };
  const known = node.items.flatMap((one) => (isScalar(one.key) ? [String(one.key.value)] : []));
  return {
    why: `has no key "${oneLine(name)}"; ${known.length === 0 ? 'it is empty' : `it has ${nearest(name, known)}`}`,
    refused: false,
  };
}

/** The only item of a list whose key has a value. */
function select(node: Node | null, { key, value }: { readonly key: string; readonly value: string }): Step {
  if (!isSeq<Node>(node)) return { why: 'is not a list', refused: false };
  const textOf = (item: unknown): string | undefined => {
    const text: unknown = isMap(item) ? item.get(key) : undefined;
    return typeof text === 'string' || typeof text === 'number' ? String(text) : undefined;
  };
  const found = node.items.flatMap((item, at) => (textOf(item) === value ? [{ node: item, key: at }] : []));
  const [only] = found;
  if (found.length === 1 && only !== undefined) return only;
  if (found.length > 1) return { why: `has ${found.length} items with the ${key} "${oneLine(value)}"`, refused: false };
  const known = node.items.flatMap((item) => textOf(item) ?? []);
  const others = known.length === 0 ? 'none of them has one' : `they have ${nearest(value, known)}`;
  return { why: `has no item with the ${key} "${oneLine(value)}"; ${others}`, refused: false };
}

const names = ({ key }: Pair<unknown, unknown>, name: string) =>
  isScalar(key) && (key.value === name || (typeof key.value !== 'string' && sourceOf(key) === name));

const sourceOf = ({ source, value }: Scalar) => source ?? String(value);

function aliasesIn(document: YamlDocument): ReadonlySet<string> {
  const aliases = new Set<string>();
  visit(document, { Alias: (_, { source }) => void aliases.add(source) });
  return aliases;
}

function sharedBecause(node: Node | null, path: readonly PathKey[], aliases: ReadonlySet<string>): string | undefined {
  const where = path.length === 0 ? 'the document' : formatPath(path);
  if (isAlias(node))
    return `${where} is the alias *${node.source}: the value is at the anchor &${node.source}, and other values would change with it`;
  if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined && aliases.has(node.anchor)) {
    return `${where} has the anchor &${node.anchor}, which is used elsewhere: those values would change too`;
  }
  return undefined;
}

const whereIs = (path: readonly PathKey[], depth: number) =>
  depth === 0 ? 'the document' : formatPath(path.slice(0, depth));

function missing(file: YamlFile, { document, keys }: YamlPath, looked: readonly (FoundNode | PathProblem)[]) {
  const reasons = looked.flatMap((one) => ('why' in one ? [one] : []));
  const [deepest] = reasons.toSorted((one, other) => other.depth - one.depth);
  const where = document === undefined ? file.name : `document ${document} of ${file.name}`;
  return inputError({
    what: `${where} has no ${formatPath(keys)}`,
    why:
      deepest?.why ??
      (document === undefined || file.documents.length === 0
        ? 'it contains no document'
        : `it has ${file.documents.length} documents, counted from 0`),
    hint: 'correct the path, or add the value to the file first: op only sets existing values',
  });
}

function ambiguous(file: YamlFile, keys: readonly PathKey[]) {
  const having = file.documents.flatMap((document, index) => {
    const found = look(document, index, keys);
    return 'why' in found && !found.refused ? [] : [{ index, name: documentName(document, index) }];
  });
  return inputError({
    what: `${formatPath(keys)} is in ${having.length} documents of ${file.name}`,
    why: `they are ${having.map(({ name }) => name).join(', ')}`,
    hint: `write the index of the document before the path, such as ${having[0]?.index ?? 0}#${formatPath(keys)}`,
  });
}
