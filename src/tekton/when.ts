import type { ArrayItems, Scope, StringRef, Text } from './reference.js';

/** One guard: an input that must be, or must not be, one of some values; or an alpha CEL expression. */
export type Condition<S extends Scope = Scope> =
  | {
      readonly input: StringRef<S> | Text<S>;
      readonly operator: 'in' | 'notin';
      readonly values: readonly (string | StringRef<S> | Text<S> | ArrayItems<S>)[];
    }
  | { readonly cel: string };

/** Guards that must all hold for a node or step to run. */
export interface When<S extends Scope = Scope> {
  readonly conditions: readonly Condition<S>[];
  /** This and the other conditions. */
  and<T extends Scope>(other: When<T>): When<S | T>;
}

class AllOf<S extends Scope> implements When<S> {
  readonly conditions: readonly Condition<S>[];

  constructor(conditions: readonly Condition<S>[]) {
    this.conditions = conditions;
  }

  and<T extends Scope>(other: When<T>): When<S | T> {
    return new AllOf<S | T>([...this.conditions, ...other.conditions]);
  }
}

/** The input equals the value: `when: eq(p.params.mode, 'full')`. */
export function eq<S extends Scope>(input: StringRef<S> | Text<S>, value: string | StringRef<S>): When<S> {
  return oneOf(input, [value]);
}

/** The input differs from the value. */
export function ne<S extends Scope>(input: StringRef<S> | Text<S>, value: string | StringRef<S>): When<S> {
  return notOneOf(input, [value]);
}

/** The input is one of the values; spread an array reference to compare with its items. */
export function oneOf<S extends Scope>(
  input: StringRef<S> | Text<S>,
  values: readonly (string | StringRef<S> | ArrayItems<S>)[],
): When<S> {
  return new AllOf([{ input, operator: 'in', values }]);
}

/** The input is none of the values. */
export function notOneOf<S extends Scope>(
  input: StringRef<S> | Text<S>,
  values: readonly (string | StringRef<S> | ArrayItems<S>)[],
): When<S> {
  return new AllOf([{ input, operator: 'notin', values }]);
}

/**
 * A CEL expression. This is an alpha field of Tekton that default installs refuse, so validation refuses it too unless
 * it is given `{ allow: ['cel'] }`.
 */
export function cel(expression: string): When<never> {
  return new AllOf<never>([{ cel: expression }]);
}
