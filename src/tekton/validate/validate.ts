import { at, CatalogError, type Problem, type Report } from '../problem.js';
import { type AnyDefinition, rootOf } from './definition.js';
import type { ValidateOptions } from './options.js';
import { checkPipeline } from './pipeline.js';
import { checkPipelineRun, checkTaskRun } from './run.js';
import { checkStepAction, checkTask } from './task.js';
import { checkTogether } from './together.js';

/**
 * All problems of one definition: those that Tekton's own webhook refuses, and those that it accepts and that would
 * appear only when the Pipeline runs, such as a param that a referenced Task does not have.
 *
 * @example for (const { path, message } of validate(ci)) console.error(`${path}: ${message}`)
 */
export function validate(definition: AnyDefinition, options: ValidateOptions = {}): readonly Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message, hint) => {
    problems.push({ path: at(rootOf(definition), path), message, ...(hint === undefined ? {} : { hint }) });
  };
  switch (definition.kind) {
    case 'Task':
      checkTask(definition, options, report);
      break;
    case 'StepAction':
      checkStepAction(definition, options, report);
      break;
    case 'Pipeline':
      checkPipeline(definition, options, report);
      break;
    case 'PipelineRun':
      checkPipelineRun(definition, options, report);
      break;
    default:
      checkTaskRun(definition, options, report);
  }
  return problems;
}

/** All problems of several definitions, and those between them: two with one name, or two Tasks for one reference. */
export function validateAll(definitions: readonly AnyDefinition[], options: ValidateOptions = {}): readonly Problem[] {
  const problems = definitions.flatMap((definition) => validate(definition, options));
  checkTogether(definitions, (path, message, hint) => {
    problems.push({ path, message, ...(hint === undefined ? {} : { hint }) });
  });
  return problems;
}

/** @throws CatalogError with every problem of the definitions. */
export function assertValid(
  definitions: AnyDefinition | readonly AnyDefinition[],
  options: ValidateOptions = {},
): void {
  const problems = isList(definitions) ? validateAll(definitions, options) : validate(definitions, options);
  if (problems.length > 0) throw new CatalogError(problems);
}

function isList(definitions: AnyDefinition | readonly AnyDefinition[]): definitions is readonly AnyDefinition[] {
  return Array.isArray(definitions);
}
