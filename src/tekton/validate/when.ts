import type { Report } from '../problem.js';
import { referenceOf } from '../reference.js';
import { holdsReference } from '../render/env.js';
import type { When } from '../when.js';
import { checkFields } from './known-fields.js';
import type { ValidateOptions } from './options.js';
import { checkItem, checkString, type Judge } from './strings.js';

/** Checks the conditions of a node or step. */
export function checkWhen(when: When | undefined, judge: Judge, options: ValidateOptions, report: Report): void {
  if (when === undefined) return;
  if (!Array.isArray(when.conditions)) {
    report('when', 'is not a condition', 'use eq, ne, oneOf or notOneOf, joined by .and()');
    return;
  }
  when.conditions.forEach((condition, index) => {
    const path = `when[${index}]`;
    if ('cel' in condition) {
      if (options.allow?.includes('cel') === true) return;
      report(path, 'CEL is alpha: a default Tekton install refuses it (enable-cel-in-whenexpression)', celHint);
      return;
    }
    checkFields(condition, 'condition', path, report);
    if (condition.operator !== 'in' && condition.operator !== 'notin') {
      report(path, `"${String(condition.operator)}" is not an operator`, 'use eq, ne, oneOf or notOneOf');
    }
    checkString(condition.input, path, judge, report);
    if (!holdsReference(condition.input))
      report(path, 'compares a literal, so it never changes', 'compare a param or result');
    if (condition.values.length === 0) report(path, 'compares with no value', 'give at least one value');
    for (const value of condition.values) {
      checkItem(value, path, judge, report);
      checkPossible(condition.input, value, path, report);
    }
  });
  checkTogether(when, report);
}

/** Checks that a value is one that the input can have. */
function checkPossible(input: unknown, value: unknown, path: string, report: Report): void {
  const reference = referenceOf(input);
  if (reference?.values === undefined || typeof value !== 'string' || reference.values.includes(value)) return;
  report(
    path,
    `compares ${reference.expression} with "${value}", which it cannot be`,
    `it is one of: ${reference.values.join(', ')}`,
  );
}

/** Checks that all conditions on one input can hold at once. */
function checkTogether({ conditions }: When, report: Report): void {
  const left = new Map<string, readonly string[]>();
  conditions.forEach((condition, index) => {
    if ('cel' in condition || condition.operator !== 'in') return;
    const expression = referenceOf(condition.input)?.expression;
    const values = condition.values.filter((value) => typeof value === 'string');
    if (expression === undefined || values.length === 0 || values.length !== condition.values.length) return;
    const before = left.get(expression) ?? values;
    const both = values.filter((value) => before.includes(value));
    left.set(expression, both);
    if (both.length === 0) {
      report(`when[${index}]`, `can never hold together with the conditions before it on ${expression}`, 'use oneOf');
    }
  });
}

const celHint = "use eq, ne, oneOf or notOneOf; or allow: ['cel'] for a cluster that has it";
