import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { type OpError, toolError } from '../../kit/errors/op-error.js';

/** Why a text is not what it should be: a line when it is no TOML, the path of a key when a value is wrong. */
export interface Malformed {
  readonly line: number | undefined;
  readonly why: string;
}

/** Reads TOML into a shape. The reason for a refusal quotes no values: the file may have been written by someone else's program. */
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

/** Reads what the lifecycle or the builder wrote. @throws OpError (tool) when it is not what their specification says */
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
    why: `it is not as the Cloud Native Buildpacks specification has it: ${why}`,
    hint: 'use a builder that its project releases; if it is one, report this to octopipeline',
  });
