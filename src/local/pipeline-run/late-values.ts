/** Values that are known only when other tasks have ended. */
import type { WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireTaskSpec } from '../../tekton/wire/task.js';
import type { Variables } from '../contract.js';
import { resultsUsed, tasksNamed } from '../plan/expressions.js';
import { countCombinations } from '../plan/matrix.js';
import { taskParamsRefused } from '../plan/params.js';
import { substituteWhen } from '../plan/when.js';
import { contextVariables, taskResultVariables } from '../variables/names.js';
import { replaceInSpec, replaceInTask } from './replace.js';
import { resultsOf } from './task-results.js';
import { hasFailed, hasSucceeded, isScheduled, type TaskState } from './task-state.js';

type ByName = ReadonlyMap<string, TaskState>;

const hasEnded = (state: TaskState) => hasSucceeded(state) || hasFailed(state);

/** Fills in results, all or none. Source: ResolveResultRefs of resultrefresolution.go. @returns the task whose results are missing */
export function fillResults(state: TaskState, byName: ByName): string | undefined {
  if (state.filled) return undefined;
  const known: Record<string, ReturnType<typeof resultsOf>> = {};
  for (const { task, result } of resultsUsed(state.task)) {
    const producer = byName.get(task);
    const results = producer !== undefined && hasEnded(producer) ? (known[task] ?? resultsOf(producer)) : {};
    if (results[result] === undefined) return task;
    known[task] = results;
  }
  const variables = taskResultVariables(known);
  state.task = replaceInTask(state.task, variables);
  if (state.shownWhen !== undefined) state.shownWhen = substituteWhen(state.shownWhen, variables);
  state.filled = true;
  return undefined;
}

/** Why a task whose turn it is cannot run. Source: CheckMissingResultReferences of pipelinerunresolution.go. */
export function missingResult(state: TaskState, byName: ByName): string | undefined {
  if (fillResults(state, byName) === undefined) return undefined;
  for (const { task, result } of resultsUsed(state.task)) {
    const producer = byName.get(task);
    if (producer === undefined)
      return `Result reference error: Could not find ref "${task}" in internal pipelineRunState`;
    if (!isScheduled(producer)) {
      return `Result reference error: Internal result ref "${task}" has zero-length TaskRuns`;
    }
    if (resultsOf(producer)[result] !== undefined) continue;
    if (hasSucceeded(producer)) {
      return `task "${task}" completed successfully but did not emit the result "${result}", which is referenced by task "${state.name}"`;
    }
    return `Invalid task result reference: Could not find result with name ${result} for pipeline task ${task}`;
  }
  return undefined;
}

/** An item of an array that the array does not have. Source: validateArrayResultsIndex of resultrefresolution.go. */
export function indexBeyond(state: TaskState, byName: ByName): string | undefined {
  for (const { task, result, index } of resultsUsed(state.task)) {
    const producer = byName.get(task);
    const value = producer && resultsOf(producer)[result];
    if (index === undefined || !Array.isArray(value) || index < value.length) continue;
    return `array Result Index ${index} for Task ${task} Result ${result} is out of bound of size ${value.length}`;
  }
  return undefined;
}

/** What is wrong with the params of a task once results have their values. Source: ValidateResolvedTask of validate_taskrun.go. */
export function paramsRefused({ taskName, spec, task: { params = [], matrix } }: TaskState): string | undefined {
  const rows = [...(matrix?.params ?? []), ...(matrix?.include ?? []).flatMap((row) => row.params)];
  return taskParamsRefused(taskName, spec.params ?? [], params, rows)?.message.replace(/^\[User error\] /u, '');
}

/** Results of tasks that have ended apply in an embedded spec without being passed. Source: PropagateResults of apply.go. */
export function propagateResults(spec: WireTaskSpec, byName: ByName): WireTaskSpec {
  const ended = namedIn(spec, byName).filter(hasEnded);
  const results = Object.fromEntries(ended.map((one) => [one.name, resultsOf(one)]));
  return replaceInSpec(spec, taskResultVariables(results));
}

/** What is known only when a task starts. Source: ApplyPipelineTaskContexts of apply.go. */
export function lateVariables(task: WirePipelineTask, byName: ByName): Variables {
  const variables = new Map(contextVariables({ pipelineTask: { retries: task.retries ?? 0 } }));
  for (const other of namedIn(task, byName)) {
    if (other.task.matrix === undefined) continue;
    variables.set(`tasks.${other.name}.matrix.length`, `${countCombinations(other.task.matrix)}`);
    if (!isScheduled(other)) continue;
    for (const [name, values] of Object.entries(resultsOf(other))) {
      variables.set(`tasks.${other.name}.matrix.${name}.length`, `${values.length}`);
    }
  }
  return variables;
}

const namedIn = (value: object, byName: ByName): readonly TaskState[] =>
  tasksNamed(value).flatMap((name) => byName.get(name) ?? []);
