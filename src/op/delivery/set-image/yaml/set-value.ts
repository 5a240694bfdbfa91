import { isMap, isScalar, isSeq, type Scalar } from 'yaml';
import { inputError } from '../../../kit/errors/op-error.js';
import { oneLine } from '../../../kit/log/printable.js';
import { meaningOf, type Splice, spliceFile, type YamlFile } from './documents.js';
import { findPlace } from './find.js';
import { formatPath, type YamlPath } from './path.js';
import { replaceScalar } from './scalar.js';

/** A text to set. */
export interface Setting {
  readonly path: YamlPath;
  readonly value: string;
}

/** A file after changes; the file is the same object when nothing had to change. */
export interface ValuesSet {
  readonly file: YamlFile;
  /** What stood at each place; undefined where the value was there already. */
  readonly before: readonly (string | undefined)[];
}

/** Tags that a text may have; most have none. */
const textTags: ReadonlySet<string> = new Set(['tag:yaml.org,2002:str', '!']);

/**
 * Sets texts in a YAML file. All other bytes stay: comments, quotes, indentation, line ends.
 * @throws OpError (input) when a path is not there, is no single value, or cannot be changed without changing more
 */
export function setValues(file: YamlFile, settings: readonly Setting[]): ValuesSet {
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
  const { document, node, keys } = findPlace(file, path);
  const noText = (why: string) =>
    inputError({
      what: `${formatPath(path.keys)} of ${file.name} is no text`,
      why,
      hint: 'name the value itself, such as one of its keys',
    });
  if (!isScalar(node))
    throw noText(`it is a ${isMap(node) ? 'mapping' : isSeq(node) ? 'list' : 'node of another kind'}`);
  if (node.tag !== undefined && !textTags.has(node.tag)) throw noText(`it has the tag ${oneLine(node.tag)}`);
  return { document, node, keys };
}

const setTwice = (file: YamlFile, path: YamlPath, values: readonly string[]) =>
  inputError({
    what: `${formatPath(path.keys)} of ${file.name} is set twice`,
    why: `once to ${values.join(', and once to ')}`,
    hint: 'name each place once',
  });

/** Puts a value into what `meaningOf` gave: mappings are Map. */
function withValue(whole: unknown, keys: readonly unknown[], value: unknown): unknown {
  const [key, ...rest] = keys;
  if (keys.length === 0) return value;
  if (whole instanceof Map) return new Map(whole).set(key, withValue(whole.get(key), rest, value));
  if (Array.isArray(whole)) return whole.with(Number(key), withValue(whole[Number(key)], rest, value));
  throw new Error('the way of a node leads through what it stands in');
}
