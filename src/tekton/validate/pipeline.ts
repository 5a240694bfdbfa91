import type { Output, PipelineDefinition } from '../pipeline.js';
import { below, type Report } from '../problem.js';
import { isRecord } from '../record.js';
import { type Owner, partsOf, type Reference, referenceOf } from '../reference.js';
import { outputOf } from '../render/pipeline.js';
import type { TaskDefinition } from '../task.js';
import { checkParams } from './declare.js';
import { checkFieldNames, checkFields, reportUndefined } from './known-fields.js';
import { checkMetadata } from './metadata.js';
import { checkObjectName, checkResultName, checkUnique, checkWorkspaceName } from './names.js';
import { checkNode } from './node.js';
import type { ValidateOptions } from './options.js';
import { stray } from './step.js';
import { checkReference, checkString, item, type Judge } from './strings.js';

/** Checks a Pipeline, in the order of Tekton's own `PipelineSpec.Validate`, and its bindings, which Tekton does not. */
export function checkPipeline(pipeline: PipelineDefinition, options: ValidateOptions, report: Report): void {
  checkObjectName(pipeline.name, '', report);
  checkMetadata(pipeline, report);
  checkPipelineSpec(pipeline, options, report);
}

/** Checks the spec of a Pipeline, by itself or inside a run. */
export function checkPipelineSpec(pipeline: PipelineDefinition, options: ValidateOptions, report: Report): void {
  checkFieldNames(pipeline.unknown, 'pipeline', '', report);
  for (const option of pipeline.absent) reportUndefined(option, report);
  checkParams(pipeline.params, report);
  checkPipelineWorkspaces(pipeline, report);
  checkNodes(pipeline, options, report);
  checkOutputs(pipeline, report);
}

function checkPipelineWorkspaces(pipeline: PipelineDefinition, report: Report): void {
  for (const [name, definition] of Object.entries(pipeline.workspaces)) {
    checkWorkspaceName(name, `workspaces.${name}`, report);
    checkFields(definition, 'workspace', `workspaces.${name}`, report);
  }
}

function checkNodes(pipeline: PipelineDefinition, options: ValidateOptions, report: Report): void {
  const { nodes } = pipeline;
  if (!nodes.some(({ phase }) => phase === 'tasks')) report('tasks', 'is empty; a Pipeline needs at least one task');
  const count = { tasks: 0, finally: 0 };
  const paths = nodes.map(({ phase, name }) => {
    count[phase] += 1;
    return item(phase, count[phase] - 1, name);
  });
  checkUnique(
    nodes.map(({ name }) => name),
    (index) => paths[index] ?? '',
    'node',
    report,
  );
  checkOneMeaning(pipeline, paths, report);
  nodes.forEach((node, index) => {
    const judge = judgeOf(pipeline.owner, node.phase);
    checkNode(node, pipeline, judge, options, below(report, paths[index] ?? ''));
  });
}

/** One Task per name, because nodes refer to it by name. */
function checkOneMeaning(pipeline: PipelineDefinition, paths: readonly string[], report: Report): void {
  const meaning = new Map<string, TaskDefinition>();
  pipeline.nodes.forEach(({ definition, options }, index) => {
    if (definition.kind !== 'Task' || options.embed === true) return;
    const known = meaning.get(definition.name);
    if (known === undefined) meaning.set(definition.name, definition);
    else if (known.owner !== definition.owner) {
      report(
        paths[index] ?? '',
        `uses a different Task that is also named "${definition.name}"`,
        'rename one of the Tasks',
      );
    }
  });
}

/** Which references a node may contain. */
function judgeOf(owner: Owner, phase: 'tasks' | 'finally'): Judge {
  return (reference) => {
    if (reference.owner !== owner) return strayInPipeline(reference);
    if (reference.scope === 'finally only' && phase === 'tasks') {
      return {
        message: `reads ${reference.expression}, which is known only in finally`,
        hint: 'use it in p.finally(...)',
      };
    }
    if (reference.scope === 'pipeline result only') {
      const hint = 'only results of the Pipeline can use it';
      return { message: `reads a result of "${reference.node}", which runs in finally`, hint };
    }
    return undefined;
  };
}

function strayInPipeline(reference: Reference): ReturnType<Judge> {
  const { owner, node, name } = reference;
  if (owner.kind !== 'Pipeline' || node === undefined) return stray(reference);
  return {
    message: `reads the result "${name}" of "${node}", which is not in this Pipeline, but in "${owner.name}"`,
    hint: 'add the Task to this Pipeline, or pass the value as a param',
  };
}

function checkOutputs(pipeline: PipelineDefinition, report: Report): void {
  const judge: Judge = (reference) => {
    if (reference.owner !== pipeline.owner) return strayInPipeline(reference);
    if (reference.origin === 'task result') return undefined;
    return { message: `is ${reference.expression}, which is not a result of a task`, hint: 'return results of nodes' };
  };
  for (const [name, output] of Object.entries(pipeline.outputs)) {
    const path = `results.${name}`;
    checkResultName(name, path, report);
    if (isRecord(output) && 'value' in output) checkFields(output, 'output', path, report);
    checkOutput(output, path, judge, report);
  }
}

function checkOutput(output: Output | undefined, path: string, judge: Judge, report: Report): void {
  const value = typeof output === 'object' && output !== null ? outputOf(output).value : output;
  const reference = referenceOf(value);
  if (reference !== undefined) {
    checkReference(reference, path, judge, report);
    return;
  }
  checkString(value, path, judge, report);
  const literal = typeof value === 'string' || partsOf(value)?.every((part) => typeof part === 'string') === true;
  if (literal) report(path, 'is a literal, but a result must come from a task');
}
