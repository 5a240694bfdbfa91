import type { Report } from '../problem.js';
import { holdsReference } from '../render/env.js';
import type { When } from '../when.js';
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
    checkString(condition.input, path, judge, report);
    if (!holdsReference(condition.input))
      report(path, 'compares a literal, so it never changes', 'compare a param or result');
    if (condition.values.length === 0) report(path, 'compares with no value', 'give at least one value');
    for (const value of condition.values) checkItem(value, path, judge, report);
  });
}

const celHint = "use eq, ne, oneOf or notOneOf; or allow: ['cel'] for a cluster that has it";
