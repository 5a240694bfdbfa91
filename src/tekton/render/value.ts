import { partsOf, referenceOf, written } from '../reference.js';
import type { When } from '../when.js';
import type { WireParam, WireValue, WireWhen } from '../wire/task.js';
import { fields } from './fields.js';

/** A param's value as Tekton reads it. */
export function wireValue(value: unknown): WireValue {
  if (typeof value === 'string' || referenceOf(value) !== undefined || partsOf(value) !== undefined) {
    return written(value);
  }
  if (Array.isArray(value)) return value.map(written);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, written(inner)]));
  }
  return String(value);
}

/** The values given for params, without those left out. */
export function wireParams(values: { readonly [name: string]: unknown } | undefined): readonly WireParam[] {
  return Object.entries(values ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, value: wireValue(value) }));
}

/** Conditions, each one entry of `when`. */
export function wireWhen(when: When | undefined): readonly WireWhen[] {
  return (when?.conditions ?? []).map((condition) =>
    'cel' in condition
      ? fields<WireWhen>({ cel: condition.cel, input: undefined, operator: undefined, values: undefined })
      : { input: written(condition.input), operator: condition.operator, values: condition.values.map(written) },
  );
}
