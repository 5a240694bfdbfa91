/** Params, results and `when` as they are declared, in Tasks, StepActions and Pipelines. */
import { checkKey, checkParamName, checkUnique } from '../../tekton/validate/names.js';
import type { WireParam, WireParamSpec, WireResult, WireWhen } from '../../tekton/wire/task.js';
import { typeOf } from '../plan/params.js';
import type { Report } from './variables.js';

/** A report for the rules of `src/tekton`, whose hints are optional. */
export const plainly =
  (report: Report) =>
  (path: string, what: string, hint = ''): void =>
    report(path, what, hint);

const types = ['string', 'array', 'object'];

export function checkParamSpecs(params: readonly WireParamSpec[] = [], path: string, report: Report): void {
  const say = plainly(report);
  for (const [index, param] of params.entries()) {
    const at = `${path}[${index}]`;
    checkParamName(param.name ?? '', param.type === 'object', `${at}.name`, say);
    if (!types.includes(param.type))
      report(`${at}.type`, `there is no type ${param.type}`, `use one of: ${types.join(', ')}`);
    else if (param.default !== undefined && typeOf(param.default) !== param.type) {
      report(
        `${at}.default`,
        `is of type ${typeOf(param.default)}, and the param is of type ${param.type}`,
        'make both the same',
      );
    }
    checkProperties(param, at, report);
  }
  checkUnique(
    params.map(({ name }) => name ?? ''),
    (index) => `${path}[${index}].name`,
    'param',
    say,
    (name) => name.toLowerCase(),
  );
}

function checkProperties(spec: WireParamSpec | WireResult, at: string, report: Report): void {
  if (spec.type === 'object' && spec.properties === undefined && !('default' in spec)) {
    report(at, 'an object has no properties', 'write its keys in properties');
  }
  for (const [key, property] of Object.entries(spec.properties ?? {})) {
    checkKey(key, `${at}.properties`, plainly(report));
    const type: string | undefined = property.type;
    if (type !== undefined && type !== 'string')
      report(`${at}.properties.${key}`, 'a key is no string', 'write type: string');
  }
}

const resultName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/u;

export function checkResults(results: readonly WireResult[] = [], path: string, report: Report): void {
  for (const [index, result] of results.entries()) {
    const at = `${path}[${index}]`;
    if (!resultName.test(result.name ?? '')) {
      report(
        `${at}.name`,
        `the result name "${result.name}" is not allowed`,
        'use letters, digits, -, _ and dots, with a letter or digit at both ends',
      );
    }
    // Tekton gives no type to results of steps: they are strings.
    if (result.type && !types.includes(result.type))
      report(`${at}.type`, `there is no type ${result.type}`, `use one of: ${types.join(', ')}`);
    checkProperties(result, at, report);
  }
}

export function checkWhen(when: readonly WireWhen[] = [], path: string, report: Report): void {
  for (const [index, { operator, values = [] }] of when.entries()) {
    const at = `${path}[${index}]`;
    if (operator !== 'in' && operator !== 'notin')
      report(`${at}.operator`, `there is no operator ${String(operator)}`, 'use in or notin');
    if (values.length === 0) report(`${at}.values`, 'is empty', 'write at least one value');
  }
}

export function checkParams(params: readonly WireParam[] = [], path: string, report: Report): void {
  checkUnique(
    params.map(({ name }) => name),
    (index) => `${path}[${index}].name`,
    'param',
    plainly(report),
  );
}

/** What the whole object must not use, wherever it stands. */
export function checkAlpha(text: string, path: string, report: Report): void {
  const artifacts =
    /\$\((?:step\.artifacts\.path|artifacts\.path|(?:tasks|steps)\.[^.()]+\.(?:outputs|inputs)[^()]*)\)/u.exec(text);
  if (artifacts !== null)
    report(path, `${artifacts[0]} is an alpha feature, which a default Tekton refuses`, 'use a result');
}
