import type { Json } from '../../store/documents/body.js';

declare const valueType: unique symbol;
/** Also marks what another copy of this module has made. */
const mark: unique symbol = Symbol.for('octopipeline.ref');

/**
 * A value that is known when the release runs: an output, an attribute of an environment, custom state. Give it as an input; the function
 * gets the value itself.
 */
export interface Ref<out Value extends Json = Json> {
  readonly ref: string;
  readonly default?: Json;
  readonly [mark]: true;
  readonly [valueType]?: Value;
}

/** Makes a reference. */
export const refTo = <Value extends Json>(ref: string, otherwise?: Json): Ref<Value> => ({
  ref,
  [mark]: true,
  ...(otherwise === undefined ? {} : { default: otherwise }),
});

export const isRef = (value: unknown): value is Ref =>
  typeof value === 'object' && value !== null && mark in value && 'ref' in value && typeof value.ref === 'string';

/** What an item is given: plain values, and references to values. */
export type Inputs = Readonly<Record<string, Json | Ref>>;

/** What a function gets for its inputs. */
export type Given<I> = { readonly [Name in keyof I]: I[Name] extends Ref<infer Value> ? Value : I[Name] };

/** What a function returns: values by name, or nothing. Never a secret: it is stored as it is. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement returns void
export type Outputs = Readonly<Record<string, Json>> | void;

/** References to the outputs of an item. */
export type OutputRefs<O> =
  O extends Readonly<Record<string, Json>>
    ? { readonly [Name in keyof O]: Ref<O[Name] extends Json ? O[Name] : never> }
    : Readonly<Record<never, never>>;

/** The value of a reference, or this one when there is none yet. */
export const withDefault = <Value extends Json>({ ref }: Ref<Value>, value: NoInfer<Value>): Ref<Value> =>
  refTo<Value>(ref, value);

/** A reference as text, for what has no typed form: `@/custom/size`, `//network.release.ts/@/deploy/prod#output/vpc`. */
export const reference = <Value extends Json>(text: string): Ref<Value> => refTo<Value>(text);

/** An environment: where a release is deployed. */
export interface EnvironmentValue {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The environments that there are. */
export interface Environments extends ReadonlyArray<EnvironmentValue> {
  /** Those that have all of these attributes, or for which the function says yes. */
  readonly where: (
    fits: Readonly<Record<string, string>> | ((environment: EnvironmentValue) => boolean),
  ) => Environments;
}

/** One attribute of an environment, as a reference: what uses it is deployed again when it changes. */
export const attribute = ({ name }: EnvironmentValue, key: string): Ref<string> =>
  refTo<string>(`@/environment/${name}#attributes/${key}`);
