import type { Duration } from './duration.js';
import { arrayRef, named, objectRef, stringRef } from './make-reference.js';
import type { ArrayItems, ArrayRef, ObjectRef, Origin, Owner, Scope, StringRef, Text } from './reference.js';

/** Whether a caller must give a value. */
export type Need = 'required' | 'optional';

/** A param that holds one string; `V` is what a literal may be. */
export interface StringParam<V extends string = string, N extends Need = Need> {
  readonly type: 'string';
  readonly need: N;
  readonly description?: string;
  readonly default?: V;
  /** The allowed values, if the param is limited to some. */
  readonly values?: readonly V[];
  /** The format of the string. */
  readonly format?: 'duration';
}

/** A param that holds a list of strings. */
export interface ArrayParam<N extends Need = Need> {
  readonly type: 'array';
  readonly need: N;
  readonly description?: string;
  readonly default?: readonly string[];
}

/** A param that holds an object with the keys `K`, each a string. */
export interface ObjectParam<K extends string = string, N extends Need = Need> {
  readonly type: 'object';
  readonly need: N;
  readonly properties: { readonly [P in K]: 'string' };
  readonly description?: string;
  readonly default?: { readonly [P in K]: string };
}

/** One input, made by {@link param}. */
export type ParamDef = StringParam | ArrayParam | ObjectParam;
/** Inputs by name; Tekton compares names case-insensitively. */
export type Params = { readonly [name: string]: ParamDef };

interface Described {
  /** One or more sentences for `tkn task describe` and the generated reference. */
  readonly description?: string;
}

function stringParam(options: Described & { readonly default: string }): StringParam<string, 'optional'>;
function stringParam(options?: Described): StringParam<string, 'required'>;
function stringParam(options: Described & { readonly default?: string } = {}): StringParam {
  return { type: 'string', need: needOf(options), ...options };
}

function arrayParam(options: Described & { readonly default: readonly string[] }): ArrayParam<'optional'>;
function arrayParam(options?: Described): ArrayParam<'required'>;
function arrayParam(options: Described & { readonly default?: readonly string[] } = {}): ArrayParam {
  return { type: 'array', need: needOf(options), ...options };
}

function objectParam<const K extends string>(
  properties: { readonly [P in K]: 'string' },
  options: Described & { readonly default: { readonly [P in NoInfer<K>]: string } },
): ObjectParam<K, 'optional'>;
function objectParam<const K extends string>(
  properties: { readonly [P in K]: 'string' },
  options?: Described,
): ObjectParam<K, 'required'>;
function objectParam<const K extends string>(
  properties: { readonly [P in K]: 'string' },
  options: Described & { readonly default?: { readonly [P in K]: string } } = {},
): ObjectParam<K> {
  return { type: 'object', need: needOf(options), properties, ...options };
}

/** Whether options give a default; asked of their type, so that a wrong default is one short message of the compiler. */
type NeedOf<O> = O extends { readonly default: unknown } ? 'optional' : 'required';

function oneOfParam<const V extends string, const O extends Described & { readonly default?: NoInfer<V> } = Described>(
  values: readonly V[],
  options?: O,
): StringParam<V, NeedOf<O>>;
function oneOfParam<const V extends string>(
  values: readonly V[],
  options: Described & { readonly default?: V } = {},
): StringParam<V> {
  return { type: 'string', need: needOf(options), values, ...options };
}

function durationParam<const O extends Described & { readonly default?: Duration } = Described>(
  options?: O,
): StringParam<Duration, NeedOf<O>>;
function durationParam(options: Described & { readonly default?: Duration } = {}): StringParam<Duration> {
  return { type: 'string', need: needOf(options), format: 'duration', ...options };
}

function needOf(options: { readonly default?: unknown }): Need {
  return options.default === undefined ? 'required' : 'optional';
}

/**
 * The inputs of a Task, StepAction or Pipeline. A param with a default may be left out by callers.
 *
 * `oneOf` is checked in TypeScript and at synth, and written into the description: Tekton's own `enum` is alpha, and a
 * default install refuses it. The step must check the value again, because a run may be written by hand.
 *
 * @example
 * params: {
 *   url: param.string({ description: 'Repository to clone' }),
 *   depth: param.string({ default: '1' }),
 *   files: param.array({ default: [] }),
 *   image: param.object({ url: 'string', digest: 'string' }),
 *   mode: param.oneOf(['fast', 'full'], { default: 'fast' }),
 *   timeout: param.duration({ default: '10m' }),
 * }
 */
export const param = {
  string: stringParam,
  array: arrayParam,
  object: objectParam,
  oneOf: oneOfParam,
  duration: durationParam,
};

/** A reference to what a param or result definition holds. */
export type RefOf<D, S extends Scope> = D extends { readonly type: 'string' }
  ? StringRef<S>
  : D extends { readonly type: 'array' }
    ? ArrayRef<S>
    : D extends { readonly properties: infer O }
      ? ObjectRef<keyof O & string, S>
      : never;

/** A reference for every entry of a record of definitions. */
export type RefsOf<D, S extends Scope> = { readonly [N in keyof D]: RefOf<D[N], S> };

/** What a param accepts in scope `S`: a literal, or a reference that is usable there. */
export type ParamValue<D, S extends Scope> =
  D extends StringParam<infer V, Need>
    ? V | StringRef<S> | Text<S>
    : D extends ArrayParam
      ? ArrayRef<S> | readonly (string | StringRef<S> | Text<S> | ArrayItems<S>)[]
      : D extends ObjectParam<infer K, Need>
        ? ObjectRef<K, S> | { readonly [P in K]: string | StringRef<S> | Text<S> }
        : never;

/** What a param accepts from a run: literals only. */
export type ParamLiteral<D> =
  D extends StringParam<infer V, Need>
    ? V
    : D extends ArrayParam
      ? readonly string[]
      : D extends ObjectParam<infer K, Need>
        ? { readonly [P in K]: string }
        : never;

interface Definition {
  readonly type: 'string' | 'array' | 'object';
  readonly properties?: { readonly [key: string]: 'string' };
  readonly values?: readonly string[];
}

/** References to every param or result of a record of definitions. */
export function refsTo<D extends { readonly [name: string]: Definition }, S extends Scope>(
  definitions: D,
  place: {
    readonly prefix: string;
    readonly scope: S;
    readonly origin: Origin;
    readonly owner: Owner;
    readonly node?: string;
  },
): RefsOf<D, S> {
  const { prefix, ...rest } = place;
  const refs: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(definitions)) {
    const base = { ...rest, name, expression: named(prefix, name) };
    const { values } = definition;
    if (definition.type === 'string') {
      refs[name] = stringRef({ ...base, kind: 'string', ...(values === undefined ? {} : { values }) });
    } else if (definition.type === 'array') refs[name] = arrayRef({ ...base, kind: 'array' });
    else refs[name] = objectRef({ ...base, kind: 'object' }, Object.keys(definition.properties ?? {}));
  }
  return refs as RefsOf<D, S>;
}
