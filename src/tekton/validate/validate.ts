import type { PipelineDefinition } from '../pipeline.js';
import { at, CatalogError, type Problem, type Report } from '../problem.js';
import type { PipelineRunDefinition, TaskRunDefinition } from '../run.js';
import type { StepActionDefinition } from '../step-action.js';
import type { TaskDefinition } from '../task.js';
import type { ValidateOptions } from './options.js';
import { checkPipeline } from './pipeline.js';
import { checkPipelineRun, checkTaskRun } from './run.js';
import { checkStepAction, checkTask } from './task.js';
import { checkTogether } from './together.js';

/** Everything that can be validated and rendered. */
export type AnyDefinition =
  | TaskDefinition
  | StepActionDefinition
  | PipelineDefinition
  | PipelineRunDefinition
  | TaskRunDefinition;

/**
 * All mistakes of one definition: those Tekton's own webhook refuses, and those that it lets through and that would
 * show only when the Pipeline runs, such as a param that a referenced Task does not have.
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
      checkStepAction(definition, report);
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

/** All mistakes of several definitions, and those between them: two of one name, or two Tasks for one reference. */
export function validateAll(definitions: readonly AnyDefinition[], options: ValidateOptions = {}): readonly Problem[] {
  const problems = definitions.flatMap((definition) => validate(definition, options));
  checkTogether(definitions, rootOf, (path, message, hint) => {
    problems.push({ path, message, ...(hint === undefined ? {} : { hint }) });
  });
  return problems;
}

/** @throws CatalogError naming every mistake of the definitions. */
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

/** How paths name a definition: `pipeline/deliver`. */
function rootOf({ kind, name }: AnyDefinition): string {
  return `${kind.toLowerCase()}/${typeof name === 'string' ? name : name.generateName}`;
}
