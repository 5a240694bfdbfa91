import { isMap, isScalar, isSeq, type Scalar } from 'yaml';
import { inputError } from '../../../kit/errors/op-error.js';
import { oneLine } from '../../../kit/log/printable.js';
import { meaningOf, type Splice, spliceFile, type YamlFile } from './documents.js';
import { findNode } from './find.js';
import { formatPath, type YamlPath } from './path.js';
import { replaceScalar } from './scalar.js';

/** A value to set. */
export interface ValueSetting {
  readonly path: YamlPath;
  readonly value: string;
}

/** A file after the changes; the same object when nothing had to change. */
export interface ValuesSet {
  readonly file: YamlFile;
  /** The old value of each setting; undefined if it was already set. */
  readonly before: readonly (string | undefined)[];
}

/** Tags that a string may have; most have none. */
const textTags: ReadonlySet<string> = new Set(['tag:yaml.org,2002:str', '!']);

/**
 * Sets strings in a YAML file. All other bytes are unchanged: comments, quotes, indentation, line ends.
 * @throws OpError (input) when a path is missing, is not a scalar, or cannot be changed without changing other values
 */
export function setValues(file: YamlFile, settings: readonly ValueSetting[]): ValuesSet {
  const meant = meaningOf(file);
  const splices: Splice[] = [];
  const seen = new Map<Scalar, string>();
  const before = settings.map(({ path, value }) => {
    const { document, node, keys } = findText(file, path);
    const other = seen.get(node);
    if (other !== undefined && other !== value) throw setTwice(file, path, [other, value]);
    seen.set(node, value);
    if (node.value === value || other !== undefined) return undefined;
    splices.push(replaceScalar(file.text, node, value, file.name.endsWith('.json')));
    meant[document] = withValue(meant[document], keys, value);
    return node.source ?? String(node.value ?? '');
  });
  return { file: splices.length === 0 ? file : spliceFile(file, splices, meant), before };
}

function findText(file: YamlFile, path: YamlPath) {
  const { document, node, keys } = findNode(file, path);
  const notScalar = (why: string) =>
    inputError({
      what: `${formatPath(path.keys)} of ${file.name} is not a string`,
      why,
      hint: 'give the path of the value itself, such as one of its keys',
    });
  if (!isScalar(node))
    throw notScalar(`it is a ${isMap(node) ? 'mapping' : isSeq(node) ? 'list' : 'node of another kind'}`);
  if (node.tag !== undefined && !textTags.has(node.tag)) throw notScalar(`it has the tag ${oneLine(node.tag)}`);
  return { document, node, keys };
}

const setTwice = (file: YamlFile, path: YamlPath, values: readonly string[]) =>
  inputError({
    what: `${formatPath(path.keys)} of ${file.name} is set twice`,
    why: `once to ${values.join(', and once to ')}`,
    hint: 'set each path once',
  });

/** Sets a value in what `meaningOf` returned: mappings are Map. */
function withValue(whole: unknown, keys: readonly unknown[], value: unknown): unknown {
  const [key, ...rest] = keys;
  if (keys.length === 0) return value;
  if (whole instanceof Map) return new Map(whole).set(key, withValue(whole.get(key), rest, value));
  if (Array.isArray(whole)) return whole.with(Number(key), withValue(whole[Number(key)], rest, value));
  throw new Error('the keys of a node must lead through its parents');
}
