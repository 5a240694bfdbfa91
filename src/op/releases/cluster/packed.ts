import { gunzipSync, gzipSync } from 'node:zlib';
import type * as v from 'valibot';
import { parseJson } from '../../kit/json/parse-json.js';

/** Characters of JSON that a packed value may have. */
const largestPacked = 1_000_000;

/** JSON as one word, which nothing on its way takes for a variable or a quote. */
export const pack = (value: unknown): string => gzipSync(JSON.stringify(value), { level: 9 }).toString('base64url');

/** Undefined when it is not what `pack` makes, is too large, or does not match the schema. */
export function unpack<Schema extends v.GenericSchema>(
  schema: Schema,
  word: string,
): v.InferOutput<Schema> | undefined {
  if (!/^[\w-]+$/u.test(word)) return undefined;
  try {
    return parseJson(schema, gunzipSync(Buffer.from(word, 'base64url'), { maxOutputLength: largestPacked }).toString());
  } catch {
    return undefined;
  }
}
