import * as v from 'valibot';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';

/** What a document holds. */
export type Body = { readonly [key: string]: Json };
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Bytes of a document as JSON; a ConfigMap may have about a million. */
export const largestBody = 500_000;

const json: v.GenericSchema<unknown, Json> = v.lazy(() =>
  v.union([v.string(), v.number(), v.boolean(), v.null(), v.array(json), v.record(v.string(), json)]),
);
/** A record alone would take a list for an empty object. */
const body = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value)),
  v.record(v.string(), json),
);

/** The JSON of a body. @throws OpError (input) for a body that no store takes */
export function textOf(path: string, value: Body): string {
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  const size = Buffer.byteLength(text);
  if (size <= largestBody) return text;
  throw inputError({
    what: `document ${path} is too large for the store`,
    why: `it has ${size} bytes; the maximum is ${largestBody}`,
    hint: 'store it as several documents',
  });
}

/** Reads a body from JSON. @throws OpError (tool) when it is not an object */
export function parseBody(path: string, place: string, text: string): Body {
  const read = parseJson(body, text);
  if (read !== undefined) return read;
  throw unreadable(path, place, 'it is not a JSON object');
}

export const unreadable = (path: string, place: string, why: string) =>
  toolError({
    what: `cannot read document ${path} in ${place}`,
    why,
    hint: 'restore it from a backup, or delete it: op writes it again',
  });
