import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { type OpError, toolError } from '../../../kit/errors/op-error.js';

/** Why a text is invalid: with its line if it is not TOML, or the path of a key if a value is invalid. */
export interface Malformed {
  readonly line: number | undefined;
  readonly why: string;
}

/** Reads TOML into a shape. The error does not quote values: an untrusted program may have written the file. */
export function readToml<Shape extends v.GenericSchema>(
  text: string,
  shape: Shape,
): { readonly value: v.InferOutput<Shape> } | { readonly malformed: Malformed } {
  let table: unknown;
  try {
    table = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [why = ''] = error.message.split('\n');
    return { malformed: { line: error.line, why: why.replace(/^Invalid TOML document: /u, '') } };
  }
  const read = v.safeParse(shape, table);
  if (read.success) return { value: read.output };
  const why = read.issues.map((issue) => `${v.getDotPath(issue) ?? 'it'} ${issue.message}`);
  return { malformed: { line: undefined, why: [...new Set(why)].join('; ') } };
}

/** Reads a file that the lifecycle or the builder wrote. @throws OpError (tool) if it does not match their specification */
export function readOwnToml<Shape extends v.GenericSchema>(
  name: string,
  text: string,
  shape: Shape,
): v.InferOutput<Shape> {
  const read = readToml(text, shape);
  if ('value' in read) return read.value;
  throw notAsSpecified(name, read.malformed.why);
}

const notAsSpecified = (name: string, why: string): OpError =>
  toolError({
    what: `cannot read ${name}`,
    why: `it does not match the Cloud Native Buildpacks specification: ${why}`,
    hint: 'use an official release of the builder; if it is one, report this to octopipeline',
  });
