import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import type { Context } from '../../op/context.js';
import { inputError, usageError } from '../../op/kit/errors/op-error.js';
import type { WireParamSpec, WireValue } from '../../tekton/wire/task.js';
import type { ParamValues } from '../contract.js';

/** What the command line says about params. */
export interface GivenParams {
  /** `NAME=VALUE`. */
  readonly param: readonly string[];
  readonly paramFile?: string | undefined;
}

/**
 * The params of the command line, each with the type that its declaration has; `--param` before `--param-file`.
 * @throws OpError (usage, input) for a param that is not declared, or a value that is not of its type
 */
export async function givenParams(
  { cwd }: Pick<Context, 'cwd'>,
  { param, paramFile }: GivenParams,
  declared: readonly WireParamSpec[],
): Promise<ParamValues> {
  const values: Record<string, WireValue> = {};
  if (paramFile !== undefined) Object.assign(values, await fromFile(resolve(cwd, paramFile), declared));
  for (const text of param) {
    const at = text.indexOf('=');
    if (at < 1)
      throw usageError({
        what: `--param=${text} is not a param`,
        why: 'it has no "="',
        hint: 'use --param=NAME=VALUE',
      });
    const spec = find(text.slice(0, at), declared, 'usage');
    values[spec.name] = fromText(spec, text.slice(at + 1));
  }
  return values;
}

/**
 * The same before the declarations are known, for the params of resolvers: values have the type of `known`, else they are texts.
 * @throws OpError (usage, input)
 */
export async function undeclaredParams(
  context: Pick<Context, 'cwd'>,
  { param, paramFile }: GivenParams,
  known: ParamValues,
): Promise<ParamValues> {
  const typed = (name: string, value: WireValue = known[name] ?? ''): WireParamSpec => ({
    name,
    type: typeof value === 'string' ? 'string' : Array.isArray(value) ? 'array' : 'object',
  });
  const inFile = paramFile === undefined ? {} : await readMap(resolve(context.cwd, paramFile));
  const declared = [
    ...Object.entries(inFile).map(([name, value]) => typed(name, shapeOf(value))),
    ...param.map((text) => typed(text.split('=')[0] ?? '')),
  ];
  return { ...known, ...(await givenParams(context, { param, paramFile }, declared)) };
}

/** A value of the same type. */
const shapeOf = (value: unknown): WireValue =>
  Array.isArray(value) ? [] : typeof value === 'object' && value !== null ? {} : '';

function find(name: string, declared: readonly WireParamSpec[], kind: 'usage' | 'input'): WireParamSpec {
  const spec = declared.find((one) => one.name === name);
  if (spec !== undefined) return spec;
  const names = declared.map((one) => one.name).join(', ');
  const make = kind === 'usage' ? usageError : inputError;
  throw make({
    what: `there is no param ${name}`,
    why: names === '' ? 'it has no params' : `its params are ${names}`,
    hint: 'use the name of a param that is declared',
  });
}

/** As tkn reads it: the items of an array are between commas, and those of an object are `key:value`. */
function fromText({ name, type }: WireParamSpec, text: string): WireValue {
  if (type === 'array') return text.split(',');
  if (type !== 'object') return text;
  const pairs = text.split(',').map((item) => {
    const at = item.indexOf(':');
    if (at < 1) {
      throw usageError({
        what: `param ${name} is an object`,
        why: `${item} is not key:value`,
        hint: `use --param=${name}=key:value,key:value`,
      });
    }
    return [item.slice(0, at).trim(), item.slice(at + 1).trim()] as const;
  });
  return Object.fromEntries(pairs);
}

const refusal = (file: string, why: string, cause?: unknown) =>
  inputError({
    what: `cannot read params from ${file}`,
    why,
    hint: 'write one line NAME: VALUE for each param',
    cause,
  });

async function readMap(file: string): Promise<object> {
  let content: unknown;
  try {
    content = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw refusal(file, error instanceof Error ? error.message : String(error), error);
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  throw refusal(file, 'it is not a map');
}

async function fromFile(file: string, declared: readonly WireParamSpec[]): Promise<ParamValues> {
  return Object.fromEntries(
    Object.entries(await readMap(file)).map(([name, value]) => {
      const { type } = find(name, declared, 'input');
      const typed = typedValue(type, value);
      if (typed === undefined)
        throw refusal(file, `${name} is not ${type === 'string' ? 'a string' : `an ${type} of strings`}`);
      return [name, typed] as const;
    }),
  );
}

const scalar = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined;

function typedValue(type: WireParamSpec['type'] | undefined, value: unknown): WireValue | undefined {
  if (type === 'array') {
    const items = Array.isArray(value) ? value.map(scalar) : [undefined];
    const known = items.flatMap((item) => item ?? []);
    return known.length === items.length ? known : undefined;
  }
  if (type !== 'object') return scalar(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const pairs = Object.entries(value).map(([key, item]) => [key, scalar(item)] as const);
  const known = pairs.flatMap(([key, item]) => (item === undefined ? [] : [[key, item] as const]));
  return known.length === pairs.length ? Object.fromEntries(known) : undefined;
}
