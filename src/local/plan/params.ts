/** Values of params: what was given, what the specs say, and what Tekton says when both do not fit. */
import type { WireParam, WireParamSpec, WireTaskSpec, WireValue } from '../../tekton/wire/task.js';
import type { ParamValues, Variables } from '../contract.js';
import { notations, paramVariables } from '../variables/params.js';
import { isArray, substitute } from '../variables/substitute.js';
import { expressions } from './expressions.js';

/** A reason and message of Tekton's condition. Tekton begins what a user can mend with `[User error] `. */
export interface Refused {
  readonly reason: string;
  readonly message: string;
}

const user = '[User error] ';

/**
 * The params of a Task with its defaults, as a TaskRun has them (replacementsFromDefaultParams of Tekton).
 * A default that refers to another param sees that param's *default*, not its value; of several references only the last is replaced.
 * Keys of a default object that were not given are kept.
 */
export function withDefaults(specs: readonly WireParamSpec[], given: ParamValues): ParamValues {
  const values: Record<string, WireValue> = {};
  const refers = (value: WireValue) => typeof value === 'string' && value.includes('$(params.');
  for (const { name, default: value } of specs) if (value !== undefined && !refers(value)) values[name] = value;
  for (const { name, default: value } of specs) {
    if (typeof value !== 'string' || !refers(value)) continue;
    for (const [reference, other = ''] of value.matchAll(/\$\(params\.(.*?)\)/gu)) {
      const replaced = paramVariables(values).get(`params.${other}`);
      if (typeof replaced === 'string') values[name] = value.replaceAll(reference, () => replaced);
    }
  }
  for (const [name, value] of Object.entries(given)) {
    const own = Object.hasOwn(values, name) ? values[name] : undefined;
    values[name] = isObject(own) && isObject(value) ? { ...own, ...value } : value;
  }
  return values;
}

function isObject(value: WireValue | undefined): value is { readonly [key: string]: string } {
  return typeof value === 'object' && !isArray(value);
}

/** Tekton's limit of defaults that refer to defaults that refer … */
const deepest = 10;

/**
 * The params of a Pipeline with its defaults (ApplyParameters of Tekton): a default may use other params, with their values,
 * in any order. A given object replaces the default object as a whole.
 *
 * @param pipeline namespace and name, for the message: `default/deliver`
 */
export function pipelineParams(
  specs: readonly WireParamSpec[],
  given: ParamValues,
  pipeline: string,
): { readonly values: ParamValues } | { readonly refused: Refused } {
  const texts = new Map<string, string>();
  for (const [key, value] of paramVariables(given, 'pipeline')) if (typeof value === 'string') texts.set(key, value);
  const open = new Map<string, string>();
  for (const { name, default: value } of specs) {
    if (typeof value !== 'string' || Object.hasOwn(given, name)) continue;
    for (const key of notations(name, 'pipeline')) open.set(key, value);
  }
  const failed = (what: string) => new Error(`parameter resolution failed: ${what}`);
  const resolve = (key: string, text: string, visiting: readonly string[]): void => {
    if (visiting.includes(key)) throw failed(`circular dependency detected in param "${key}"`);
    if (visiting.length > deepest) {
      throw failed(`maximum recursion depth (${deepest}) exceeded for param "${key}"`);
    }
    for (const used of expressions(text).filter((expression) => expression.startsWith('params.'))) {
      if (texts.has(used)) continue;
      const next = open.get(used);
      if (next === undefined) throw failed(`param "${key}" references undefined param "${used}"`);
      resolve(used, next, [...visiting, key]);
    }
    texts.set(key, substitute(text, texts));
  };
  const values: Record<string, WireValue> = { ...given };
  try {
    for (const [key, text] of open) if (!texts.has(key)) resolve(key, text, []);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `${user}Failed to apply parameters to Pipeline ${pipeline}: ${why}`;
    return { refused: { reason: 'PipelineValidationFailed', message } };
  }
  for (const { name, default: value } of specs) {
    if (value === undefined || Object.hasOwn(given, name)) continue;
    if (typeof value === 'string') values[name] = texts.get(`params.${name}`) ?? value;
    else if (isArray(value)) values[name] = value.map((item) => substitute(item, texts));
  }
  // Objects see the items of arrays.
  for (const [key, value] of paramVariables(values, 'pipeline')) if (typeof value === 'string') texts.set(key, value);
  for (const { name, default: value } of specs) {
    if (!isObject(value) || Object.hasOwn(given, name)) continue;
    values[name] = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, texts)]));
  }
  return { values };
}

/** What Tekton says of the params of a TaskRun before it makes a pod; undefined when they fit. Params that no spec names are allowed. */
export function taskParamsRefused(
  task: string,
  specs: readonly WireParamSpec[],
  given: readonly WireParam[],
  matrix: readonly WireParam[] = [],
): Refused | undefined {
  const refused = (what: string) => ({
    reason: 'TaskRunValidationFailed',
    message: `${user}invalid input params for task ${task}: ${what}`,
  });
  const names = new Set([...given, ...matrix].map(({ name }) => name));
  const missing = specs.filter((spec) => spec.default === undefined && !names.has(spec.name)).map(({ name }) => name);
  if (missing.length > 0) {
    return refused(`missing values for these params which have no default values: ${goList(missing)}`);
  }
  const types = new Map(specs.map(({ name, type }) => [name, type]));
  const wrong = [
    ...given.filter(({ name, value }) => {
      const type = types.get(name);
      if (type === undefined || typeOf(value) === type) return false;
      return !(typeof value === 'string' && type !== 'string' && expressions(value).length > 0);
    }),
    ...matrix.filter(({ name }) => types.has(name) && types.get(name) !== 'string'),
  ].map(({ name }) => name);
  if (wrong.length > 0) return refused(`param types don't match the user-specified type: ${goList(wrong)}`);
  const keys = missingKeys(specs, given);
  if (keys !== undefined) {
    return refused(`missing keys for these params which are required in ParamSpec's properties ${keys}`);
  }
  const value = notInEnum(specs, given);
  return value === undefined ? undefined : { reason: 'InvalidParamValue', message: `${user}${value}` };
}

/** What Tekton says of the params of a PipelineRun, in the order in which it looks. */
export function pipelineParamsRefused(
  run: { readonly name: string; readonly namespace: string; readonly pipeline: string },
  specs: readonly WireParamSpec[],
  given: readonly WireParam[],
): Refused | undefined {
  const pipelineRun = `${user}PipelineRun ${run.namespace}/${run.name}`;
  const pipeline = `Pipeline ${run.namespace}/${run.pipeline}`;
  const names = new Set(given.map(({ name }) => name));
  const missing = specs.filter((spec) => spec.default === undefined && !names.has(spec.name)).map(({ name }) => name);
  if (missing.length > 0) {
    const what = `pipelineRun missing parameters: ${goList(missing)}`;
    return {
      reason: 'ParameterMissing',
      message: `${pipelineRun} is missing some parameters required by ${pipeline}: ${what}`,
    };
  }
  const types = new Map(specs.map(({ name, type }) => [name, type]));
  const wrong = given.filter(({ name, value }) => types.has(name) && types.get(name) !== typeOf(value));
  if (wrong.length > 0) {
    const what = `parameters have inconsistent types : ${goList(wrong.map(({ name }) => name))}`;
    return {
      reason: 'ParameterTypeMismatch',
      message: `${pipelineRun} parameters have mismatching types with ${pipeline}'s parameters: ${what}`,
    };
  }
  const value = notInEnum(specs, given);
  if (value !== undefined) {
    return { reason: 'InvalidParamValue', message: `${pipelineRun} parameters have invalid value: ${value}` };
  }
  const keys = missingKeys(specs, given);
  if (keys === undefined) return undefined;
  const what = `pipelineRun missing object keys for parameters: ${keys}`;
  return {
    reason: 'ObjectParameterMissKeys',
    message: `${pipelineRun} parameters is missing object keys required by ${pipeline}'s parameters: ${what}`,
  };
}

/** `param.type` of a value. */
export function typeOf(value: WireValue): 'string' | 'array' | 'object' {
  return typeof value === 'string' ? 'string' : isArray(value) ? 'array' : 'object';
}

/** Keys that `properties` asks for and neither the value nor the default has, as Go prints a map of them. */
function missingKeys(specs: readonly WireParamSpec[], given: readonly WireParam[]): string | undefined {
  const found: [string, string[]][] = specs.flatMap((spec): [string, string[]][] => {
    if (spec.type !== 'object') return [];
    const value = given.find(({ name }) => name === spec.name)?.value;
    const objects = [spec.default, value].filter(isObject);
    // An object that nobody gave is a missing param, not one with missing keys.
    if (!objects.some((object) => Object.keys(object).length > 0)) return [];
    const missing = Object.keys(spec.properties ?? {}).filter((key) => !objects.some((one) => Object.hasOwn(one, key)));
    return missing.length === 0 ? [] : [[spec.name, missing.sort()]];
  });
  if (found.length === 0) return undefined;
  const sorted = found.sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${sorted.map(([name, keys]) => `${name}:${goList(keys)}`).join(' ')}]`;
}

function notInEnum(specs: readonly WireParamSpec[], given: readonly WireParam[]): string | undefined {
  for (const { name, value } of given) {
    const allowed = specs.find((spec) => spec.name === name)?.enum ?? [];
    if (typeof value !== 'string' || value === '' || allowed.length === 0 || allowed.includes(value)) continue;
    return `param \`${name}\` value: ${value} is not in the enum list`;
  }
  return undefined;
}

function goList(names: readonly string[]): string {
  return `[${names.join(' ')}]`;
}

/**
 * What an embedded spec sees of the Pipeline's params: all of them, but its task's own params of the same name instead.
 * A param that the spec itself declares with a default is the Pipeline's nevertheless, as in Tekton. Source: propagateParams.
 */
export function propagated(pipeline: Variables, own: readonly WireParam[]): Variables {
  const variables = new Map(pipeline);
  for (const { name, value } of own) {
    for (const key of notations(name, 'pipeline')) {
      const outer = pipeline.get(key);
      if (outer === undefined) continue;
      // Tekton takes the field of the outer type, which is empty when the types differ.
      if (typeOf(outer) === typeOf(value)) variables.set(key, value);
      else variables.set(key, typeof outer === 'string' ? '' : isArray(outer) ? [] : {});
      if (isObject(outer) && isObject(value)) {
        for (const [part, text] of Object.entries(value)) variables.set(`params.${name}.${part}`, text);
      }
    }
  }
  return variables;
}

/** Names of params that a Task has and nobody needs: Tekton ignores them. Worth a word, because they are mostly typing errors. */
export function extraParams(spec: Pick<WireTaskSpec, 'params'>, given: readonly WireParam[]): string[] {
  const known = new Set((spec.params ?? []).map(({ name }) => name));
  return given.map(({ name }) => name).filter((name) => !known.has(name));
}
