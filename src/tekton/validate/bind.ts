import type { ParamDef, Params } from '../param.js';
import type { Report } from '../problem.js';
import { isItems, partsOf, referenceOf } from '../reference.js';
import { literalProblem } from './declare.js';
import { reportUndefined } from './known-fields.js';
import { didYouMean } from './names.js';
import { checkItem, checkReference, checkString, type Judge } from './strings.js';

/**
 * Checks the values given for params: none unknown, none missing, each of the declared type.
 * `elsewhere` are params that get their value from a matrix.
 */
export function checkBoundParams(
  given: { readonly [name: string]: unknown } | undefined,
  declared: Params,
  owner: string,
  judge: Judge,
  report: Report,
  elsewhere: readonly string[] = [],
): void {
  const names = Object.keys(declared);
  for (const [name, value] of Object.entries(given ?? {})) {
    const definition = declared[name];
    const path = `params.${name}`;
    if (definition === undefined) report(path, `"${name}" is not a param of ${owner}`, didYouMean(name, names));
    else if (value === undefined) reportUndefined(path, report);
    else checkValue(definition, value, path, judge, report);
  }
  for (const [name, definition] of Object.entries(declared)) {
    if (definition.need === 'optional' || name in (given ?? {}) || elsewhere.includes(name)) continue;
    report(`params.${name}`, `the param "${name}" of ${owner} has no default and no value`);
  }
}

/** Checks one value against the declaration of its param. */
export function checkValue(definition: ParamDef, value: unknown, path: string, judge: Judge, report: Report): void {
  const reference = isItems(value) ? undefined : referenceOf(value);
  if (reference !== undefined) {
    if (reference.kind === definition.type) {
      checkReference(reference, path, judge, report);
      checkChoices(definition, reference.values, path, report);
    } else
      report(path, `"${reference.name}" is ${article(reference.kind)}, but the param is ${article(definition.type)}`);
  } else if (partsOf(value) !== undefined) {
    if (definition.type === 'string') checkString(value, path, judge, report);
    else report(path, `is a string, but the param is ${article(definition.type)}`);
  } else checkWritten(definition, value, path, judge, report);
}

/** Checks that every value that a reference can have is one that the param accepts. */
function checkChoices(definition: ParamDef, given: readonly string[] | undefined, path: string, report: Report): void {
  if (given === undefined || definition.type !== 'string' || definition.values === undefined) return;
  const { values } = definition;
  const more = given.filter((value) => !values.includes(value));
  if (more.length > 0) report(path, `can be "${more.join('", "')}", but the param is one of: ${values.join(', ')}`);
}

/** Checks a value that was written out: a string, a list or an object, whose inside may hold references. */
function checkWritten(definition: ParamDef, value: unknown, path: string, judge: Judge, report: Report): void {
  const problem = isItems(value)
    ? `is an array, but the param is ${article(definition.type)}`
    : literalProblem(definition, value);
  if (problem !== undefined) report(path, problem);
  else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      checkItem(item, `${path}[${index}]`, judge, report);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) checkString(inner, `${path}.${key}`, judge, report);
  } else checkString(value, path, judge, report);
}

/** A kind with its article. */
export function article(kind: string): string {
  return kind === 'string' ? 'a string' : `an ${kind}`;
}
