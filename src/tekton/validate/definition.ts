import type { PipelineDefinition } from '../pipeline.js';
import type { PipelineRunDefinition, TaskRunDefinition } from '../run.js';
import type { StepActionDefinition } from '../step.js';
import type { TaskDefinition } from '../task.js';

/** Everything that can be validated and rendered. */
export type AnyDefinition =
  | TaskDefinition
  | StepActionDefinition
  | PipelineDefinition
  | PipelineRunDefinition
  | TaskRunDefinition;

/** How paths name a definition: `pipeline/deliver`. */
export function rootOf({ kind, name }: AnyDefinition): string {
  return `${kind.toLowerCase()}/${typeof name === 'string' ? name : name.generateName}`;
}
