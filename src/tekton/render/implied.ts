import type { PipelineDefinition } from '../pipeline.js';
import type { PipelineRunDefinition, TaskRunDefinition } from '../run.js';
import type { StepActionDefinition } from '../step.js';
import type { TaskDefinition } from '../task.js';
import { toPipeline, toPipelineRun, toStepAction, toTask, toTaskRun } from './render.js';

/** A value of the typed library. */
export type Definition =
  | PipelineDefinition
  | TaskDefinition
  | StepActionDefinition
  | PipelineRunDefinition
  | TaskRunDefinition;

/** The object that a definition becomes. @throws CatalogError */
export function wireOf(definition: Definition): object {
  switch (definition.kind) {
    case 'Pipeline':
      return toPipeline(definition);
    case 'Task':
      return toTask(definition);
    case 'StepAction':
      return toStepAction(definition);
    case 'PipelineRun':
      return toPipelineRun(definition);
    case 'TaskRun':
      return toTaskRun(definition);
  }
}

/** The objects that a definition refers to by name, and those that these refer to. */
export function impliedBy(
  definition: Definition,
): readonly (PipelineDefinition | TaskDefinition | StepActionDefinition)[] {
  const ofTask = (task: TaskDefinition) =>
    task.steps.flatMap(({ ref }) => (ref !== undefined && 'kind' in ref ? [ref] : []));
  const ofPipeline = ({ nodes }: PipelineDefinition) =>
    nodes.flatMap(({ definition: task, options: { embed = false } }) => {
      if (task.kind !== 'Task') return [];
      return embed ? ofTask(task) : [task, ...ofTask(task)];
    });
  switch (definition.kind) {
    case 'Pipeline':
      return ofPipeline(definition);
    case 'Task':
      return ofTask(definition);
    case 'StepAction':
      return [];
    case 'PipelineRun': {
      const own = ofPipeline(definition.pipeline);
      return definition.options.embed === true ? own : [definition.pipeline, ...own];
    }
    case 'TaskRun': {
      const own = ofTask(definition.task);
      return definition.options.embed === true ? own : [definition.task, ...own];
    }
  }
}
