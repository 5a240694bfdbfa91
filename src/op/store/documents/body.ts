import * as v from 'valibot';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';

/** What a document holds. */
export type Body = { readonly [key: string]: Json };
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Bytes of a document as JSON; a ConfigMap may have about a million. */
export const largestBody = 500_000;

/** How deep values may be in each other: what reads them calls itself for each. */
const deepest = 500;

/**
 * Whether a value is JSON: what JSON.parse can give, and not too deep. Objects of a class are not: what they mean would be lost.
 */
export const isJson = (value: unknown): value is Json => isJsonWithin(value, deepest);

function isJsonWithin(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value !== 'object' || depth === 0) return false;
  if (!Array.isArray(value) && !isPlain(value)) return false;
  return Object.values(value).every((inner) => isJsonWithin(inner, depth - 1));
}

/** Also one of another realm, whose Object is another one. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const body = v.custom<Body>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && isJson(value),
);

const written = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** Bytes that a value has as a document of a store. */
export const sizeOf = (value: object): number => Buffer.byteLength(written(value));

/** The JSON of a body. @throws OpError (input) for a body that no store takes */
export function textOf(path: string, value: Body): string {
  const text = written(value);
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
