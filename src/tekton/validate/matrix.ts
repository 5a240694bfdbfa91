import type { NodeDefinition } from '../node.js';
import type { ParamDef, Params } from '../param.js';
import type { Report } from '../problem.js';
import { isItems, referenceOf } from '../reference.js';
import { article, checkValue } from './bind.js';
import { literalProblem } from './declare.js';
import { kindOf } from './kind.js';
import { checkFields } from './known-fields.js';
import { didYouMean } from './names.js';
import { checkItem, checkReference, type Judge } from './strings.js';

/** Tekton's `default-max-matrix-combinations-count`. */
const most = 256;

/** Checks what a node fans out over, in the order of Tekton's own `PipelineTask.validateMatrix`. */
export function checkMatrix(
  given: NodeDefinition['options'],
  declared: Params,
  owner: string,
  judge: Judge,
  report: Report,
): void {
  if (given.over === undefined && given.include === undefined) return;
  const over = given.over ?? {};
  const include = given.include ?? [];
  if (Object.keys(over).length === 0 && include.length === 0)
    report('over', 'is empty', 'fan out over at least one param');
  for (const [name, values] of Object.entries(over)) {
    const path = `over.${name}`;
    if (checkFanned(name, declared, owner, path, given, report)) checkFan(values, declared[name], path, judge, report);
  }
  include.forEach((entry, index) => {
    const { params } = entry;
    checkFields(entry, 'matrixInclude', `include[${index}]`, report);
    for (const [name, value] of Object.entries(params)) {
      const path = `include[${index}].params.${name}`;
      const definition = declared[name];
      if (checkFanned(name, declared, owner, path, given, report) && definition !== undefined) {
        checkValue(definition, value, path, judge, report);
      }
    }
  });
  checkCount(over, include, report);
}

/** A fanned-out param is a string param of the Task, and is not also given once for all. */
function checkFanned(
  name: string,
  declared: Params,
  owner: string,
  path: string,
  given: NodeDefinition['options'],
  report: Report,
): boolean {
  const definition = declared[name];
  if (definition === undefined) {
    report(path, `"${name}" is not a param of ${owner}`, didYouMean(name, Object.keys(declared)));
    return false;
  }
  if (given.params?.[name] !== undefined) report(path, `"${name}" is also given in params`, 'keep one of the two');
  if (definition.type === 'string') return true;
  report(path, `"${name}" is ${article(definition.type)} param, but a matrix gives each run one string`);
  return false;
}

function checkFan(values: unknown, definition: ParamDef | undefined, path: string, judge: Judge, report: Report): void {
  const reference = referenceOf(values);
  if (reference !== undefined && !isItems(values)) {
    if (reference.kind === 'array') checkReference(reference, path, judge, report);
    else report(path, `"${reference.name}" is ${article(reference.kind)}, but a matrix needs an array`);
  } else if (!Array.isArray(values)) report(path, `is ${kindOf(values)}, but a matrix needs an array`);
  else {
    if (values.length === 0) report(path, 'is an empty list, so nothing would run', 'give at least one value');
    values.forEach((value, index) => {
      checkItem(value, `${path}[${index}]`, judge, report);
      if (typeof value !== 'string' || definition === undefined) return;
      const problem = literalProblem(definition, value);
      if (problem !== undefined) report(`${path}[${index}]`, problem);
    });
  }
}

function checkCount(
  over: { readonly [name: string]: unknown },
  include: NonNullable<NodeDefinition['options']['include']>,
  report: Report,
): void {
  const lists = Object.values(over).flatMap((values) => (Array.isArray(values) ? [values.length] : []));
  const product = lists.reduce((count, length) => count * Math.max(1, length), Object.keys(over).length === 0 ? 0 : 1);
  const total = product + include.filter(({ params }) => addsRun(over, params)).length;
  if (total > most) {
    report(
      'over',
      `gives ${total} combinations; Tekton runs at most ${most}`,
      'split the node, or loop inside one step',
    );
  }
}

/** An entry of `include` adds a run when one of its values is not among those fanned out over. */
function addsRun(over: { readonly [name: string]: unknown }, params: { readonly [name: string]: unknown }): boolean {
  const shared = Object.entries(params).filter(([name]) => name in over);
  if (Object.keys(over).length === 0) return true;
  return shared.some(([name, value]) => {
    const values = over[name];
    return Array.isArray(values) && !values.includes(value);
  });
}
