/** What Tekton's webhook refuses of a PipelineSpec. Source: pipeline_validation.go, matrix_types.go. */
import { checkLabel, checkObjectName, checkUnique, checkWorkspaceName } from '../../tekton/validate/names.js';
import type { WirePipelineSpec, WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireParamSpec } from '../../tekton/wire/task.js';
import { dagProblems } from '../plan/dag.js';
import { expressionsOf, resultReference } from '../plan/expressions.js';
import { countCombinations } from '../plan/matrix.js';
import { checkAlpha, checkParamSpecs, checkParams, checkWhen, plainly } from './declared.js';
import { checkTaskSpec } from './task.js';
import { checkContexts, checkItem, checkText, checkValue, type Report } from './variables.js';

const combinations = 256;

/** @param embedded the spec is in a run, whose params and workspaces it sees too */
export function checkPipelineSpec(spec: WirePipelineSpec, embedded: boolean, path: string, report: Report): void {
  const { tasks = [], finally: last = [], workspaces = [], params = [] } = spec;
  if (tasks.length === 0) report(`${path}.tasks`, 'a Pipeline has no tasks', 'write at least one');
  checkParamSpecs(params, `${path}.params`, report);
  const names = workspaces.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (!name) report(`${path}.workspaces[${index}].name`, 'is missing', 'give the workspace a name');
    else checkWorkspaceName(name, `${path}.workspaces[${index}].name`, plainly(report));
  }
  checkUnique(names, (index) => `${path}.workspaces[${index}].name`, 'workspace', plainly(report));
  const around = { ...spec, tasks, finally: last };
  for (const { path: at, what, hint } of dagProblems(around)) report(at.replace(/^spec/u, path), what, hint);
  for (const [field, list] of Object.entries({ tasks, finally: last })) {
    for (const [index, task] of list.entries()) {
      checkTask(task, around, embedded ? undefined : params, `${path}.${field}[${index}]`, report);
      checkStatus(task, around, field === 'finally', `${path}.${field}[${index}]`, report);
    }
  }
  for (const [index, { value }] of (spec.results ?? []).entries()) {
    checkResult(value, [...tasks, ...last], `${path}.results[${index}].value`, report);
  }
}

function checkTask(
  task: WirePipelineTask,
  spec: WirePipelineSpec,
  params: readonly WireParamSpec[] | undefined,
  path: string,
  report: Report,
): void {
  const { name = '', taskRef, taskSpec, matrix, workspaces = [], retries = 0, onError } = task;
  const say = plainly(report);
  checkLabel(name, `${path}.name`, say);
  if ((taskRef === undefined) === (taskSpec === undefined)) {
    report(
      path,
      `has ${taskRef === undefined ? 'no Task' : 'a taskRef and a taskSpec'}`,
      'write either taskRef or taskSpec',
    );
  }
  if (taskRef !== undefined) {
    const { name: of = '', resolver, kind } = taskRef;
    const odd = kind !== undefined && kind !== 'Task' && kind !== '';
    if (resolver && of) report(`${path}.taskRef`, 'has a name and a resolver', 'remove one of them');
    else if (!resolver && (taskRef.params ?? []).length > 0)
      report(`${path}.taskRef`, 'has params and no resolver', 'write the resolver');
    else if (odd) report(`${path}.taskRef.kind`, `${kind} is a custom task, which needs its controller`, 'use a Task');
    else if (!resolver && !of.includes('$(')) checkObjectName(of, `${path}.taskRef.name`, say);
  }
  if (taskSpec !== undefined) checkTaskSpec(taskSpec, params, `${path}.taskSpec`, report);
  const scope = { params };
  checkParams(task.params, `${path}.params`, report);
  for (const [index, { value }] of (task.params ?? []).entries()) {
    checkValue(value, scope, `${path}.params[${index}].value`, report);
  }
  checkWhen(task.when, `${path}.when`, report);
  for (const [index, { input, values = [] }] of (task.when ?? []).entries()) {
    if (input !== undefined) checkItem(input, scope, `${path}.when[${index}].input`, report);
    for (const [at, value] of values.entries()) checkItem(value, scope, `${path}.when[${index}].values[${at}]`, report);
  }
  if (matrix !== undefined) checkMatrix(task, scope, path, report);
  checkUnique(
    workspaces.map((one) => one.name),
    (index) => `${path}.workspaces[${index}].name`,
    'workspace',
    say,
  );
  for (const [index, { name: own, workspace }] of workspaces.entries()) {
    checkWorkspaceName(own, `${path}.workspaces[${index}].name`, say);
    if (params === undefined || (spec.workspaces ?? []).some((one) => one.name === (workspace || own))) continue;
    report(
      `${path}.workspaces[${index}]`,
      `the Pipeline has no workspace ${workspace || own}`,
      'declare it in workspaces',
    );
  }
  if (onError && !['continue', 'stopAndFail'].includes(onError) && !onError.includes('$(params.')) {
    report(`${path}.onError`, `there is no onError ${onError}`, 'use continue or stopAndFail');
  }
  if (onError === 'continue' && retries > 0)
    report(`${path}.retries`, 'a task whose failure is ignored is not tried again', 'remove retries or onError');
  if (retries < 0) report(`${path}.retries`, 'is negative', 'write 0 or more');
  const { taskSpec: _, ...rest } = task;
  const text = JSON.stringify(rest);
  checkContexts(text, ['context.pipelineRun', 'context.pipeline', 'context.pipelineTask'], path, report);
  checkAlpha(text, path, report);
  checkFanIn(task, spec, path, report);
  for (const expression of expressionsIn(task)) {
    if (beginnings.includes(expression.split('.')[0] ?? '')) continue;
    report(path, `uses $(${expression}), which is no variable of a Pipeline`, 'write ${…} for a variable of a shell');
  }
}

const beginnings = ['params', 'tasks', 'finally', 'context', 'workspaces', 'results'];

/** What a task uses in params, matrix and when. */
function expressionsIn({ params = [], matrix, when = [] }: WirePipelineTask): string[] {
  const all = [...params, ...(matrix?.params ?? []), ...(matrix?.include ?? []).flatMap((row) => row.params ?? [])];
  const texts = when.flatMap(({ input = '', values = [] }) => [input, ...values]);
  return [...all.map(({ value }) => value), ...texts].flatMap(expressionsOf);
}

function checkMatrix(
  task: WirePipelineTask,
  scope: { readonly params: readonly WireParamSpec[] | undefined },
  path: string,
  report: Report,
): void {
  const { params = [], include = [] } = task.matrix ?? {};
  checkParams(params, `${path}.matrix.params`, report);
  const fanned = new Set([...params, ...include.flatMap((row) => row.params ?? [])].map(({ name }) => name));
  for (const [index, { name }] of (task.params ?? []).entries()) {
    if (fanned.has(name))
      report(`${path}.params[${index}].name`, `the matrix has a param ${name} too`, 'remove one of them');
  }
  for (const [index, { value }] of params.entries())
    checkValue(value, scope, `${path}.matrix.params[${index}].value`, report);
  for (const [row, { params: list = [] }] of include.entries()) {
    const at = `${path}.matrix.include[${row}].params`;
    checkParams(list, at, report);
    for (const [index, { value }] of list.entries())
      if (typeof value === 'string') checkText(value, scope, `${at}[${index}].value`, report);
  }
  const count = countCombinations(task.matrix ?? {});
  if (count > combinations)
    report(`${path}.matrix`, `makes ${count} runs, and Tekton allows ${combinations}`, 'split the task');
}

/** Results of a matrix come as arrays, of texts. */
function checkFanIn(task: WirePipelineTask, spec: WirePipelineSpec, path: string, report: Report): void {
  const values = [...(task.params ?? []), ...(task.matrix?.params ?? [])].map(({ value }) => value);
  const whens = (task.when ?? []).flatMap(({ input = '', values: list = [] }) => [input, ...list]);
  for (const expression of [...values, ...whens].flatMap(expressionsOf)) {
    const used = resultReference(expression);
    const producer = spec.tasks.find(({ name }) => name === used?.task);
    if (used === undefined || producer?.matrix === undefined) continue;
    const type = producer.taskSpec?.results?.find(({ name }) => name === used.result)?.type ?? 'string';
    if (!expression.endsWith('[*]'))
      report(path, `uses $(${expression}), one result of a matrix`, `use all of them: $(${expression}[*])`);
    else if (type !== 'string')
      report(path, `uses $(${expression}), and results of a matrix must be strings`, 'make it a string');
  }
}

/** `$(tasks.NAME.status)` is known only when all tasks have ended. */
function checkStatus(
  task: WirePipelineTask,
  { tasks }: WirePipelineSpec,
  last: boolean,
  path: string,
  report: Report,
): void {
  const whens = (task.when ?? []).flatMap(({ input = '', values = [] }) => [input, ...values]);
  for (const expression of [...(task.params ?? []).map(({ value }) => value), ...whens].flatMap(expressionsOf)) {
    const found = /^tasks\.(?:(.+)\.)?(?:status|reason)$/u.exec(expression);
    if (found === null || expression.includes('.results.')) continue;
    if (!last) report(path, `uses $(${expression})`, 'use it in finally, where all tasks have ended');
    else if (found[1] !== undefined && !tasks.some(({ name }) => name === found[1])) {
      report(path, `uses $(${expression}), and there is no task ${found[1]}`, 'correct the name');
    }
  }
}

function checkResult(
  value: Parameters<typeof expressionsOf>[0],
  tasks: readonly WirePipelineTask[],
  path: string,
  report: Report,
): void {
  const used = expressionsOf(value);
  if (used.length === 0) report(path, 'uses no result', 'write $(tasks.TASK.results.RESULT)');
  for (const expression of used) {
    const found = resultReference(expression);
    if (found === undefined)
      report(path, `$(${expression}) is no result of a task`, 'write $(tasks.TASK.results.RESULT)');
    else if (!tasks.some(({ name }) => name === found.task))
      report(path, `there is no task ${found.task}`, 'correct the name');
  }
}
