import * as v from 'valibot';
import { inputError } from '../../../kit/errors/op-error.js';
import { parseJson } from '../../../kit/json/parse-json.js';
import { oneLine } from '../../../kit/log/printable.js';

/** The path of a value in a YAML file. */
export interface YamlPath {
  /** Index of the document in the file, from 0; undefined: the only one that has the path. */
  readonly document: number | undefined;
  readonly keys: readonly PathKey[];
}

/** A key of a mapping, the index of an item of a list, from 0, or the only item of a list whose `key` has the value. */
export type PathKey = string | number | { readonly key: string; readonly value: string };

const bare = /[^.[\]"'\s\p{Cc}]+/uy;
const index = /\[(\d{1,6})\]/uy;
const selector = /\[([^.[\]"'=\s\p{Cc}]+)=([^[\]"'\p{Cc}]*)\]/uy;
const double = /"(?:[^"\\]|\\.)*"/uy;
const single = /'(?:[^']|'')*'/uy;

/**
 * Parses the path of a value: keys separated by dots, `[0]` or `[name=web]` for an item of a list, quotes around a key with a dot, and a leading `1#`
 * for the second document of a file.
 * @example parsePath('spec.template.metadata.annotations."example.com/image"')
 * @throws OpError (input)
 */
export function parsePath(text: string): YamlPath {
  const document = /^(\d{1,4})#/u.exec(text);
  const keys: PathKey[] = [];
  let at = document?.[0].length ?? 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const refuse = (why: string) =>
    inputError({
      what: `"${oneLine(text)}" is not a valid path`,
      why,
      hint: 'write keys separated by dots, such as spec.values.web.image, containers[name=web].image or annotations."example.com/image"',
    });
  const quoted = () => {
    const found = take(double)?.[0];
    if (found !== undefined)
      return parseJson(v.string(), found) ?? fail(refuse(`${oneLine(found)} is not a quoted key`));
    return take(single)?.[0].slice(1, -1).replaceAll("''", "'");
  };
  while (at < text.length || keys.length === 0) {
    const item = take(index)?.[1];
    if (item !== undefined) {
      keys.push(Number(item));
      continue;
    }
    const [, key, value] = take(selector) ?? [];
    if (key !== undefined && value !== undefined) {
      keys.push({ key, value });
      continue;
    }
    if (text[at] === '[') {
      at += 1;
      const inside = quoted();
      if (inside === undefined || text[at] !== ']')
        throw refuse('"[" must be followed by the index of an item, by its name as in [name=web], or a key in quotes');
      at += 1;
      keys.push(inside);
      continue;
    }
    if (keys.length > 0 && take(/\./uy) === null) {
      throw refuse(`after ${formatPath(keys)} comes "${oneLine(text.slice(at), 20)}" instead of "." or "["`);
    }
    const next = quoted() ?? take(bare)?.[0];
    if (next === undefined) throw refuse(keys.length === 0 ? 'it has no key' : `no key follows ${formatPath(keys)}`);
    keys.push(next);
  }
  return { document: document === null ? undefined : Number(document[1]), keys };
}

/** Formats keys as {@link parsePath} parses them. */
export function formatPath(keys: readonly PathKey[]): string {
  return keys
    .map((key, at) => {
      if (typeof key === 'number') return `[${key}]`;
      if (typeof key === 'object') return `[${key.key}=${key.value}]`;
      const plain = key !== '' && /^[^.[\]"'\s#\p{Cc}]+$/u.test(key);
      return `${at === 0 ? '' : '.'}${plain ? key : JSON.stringify(key)}`;
    })
    .join('');
}

function fail(error: Error): never {
  throw error;
}
