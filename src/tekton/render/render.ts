import type { PipelineDefinition } from '../pipeline.js';
import type { PipelineRunDefinition, TaskRunDefinition } from '../run.js';
import type { StepActionDefinition } from '../step.js';
import type { TaskDefinition } from '../task.js';
import type { ValidateOptions } from '../validate/options.js';
import { assertValid } from '../validate/validate.js';
import type { WirePipeline } from '../wire/pipeline.js';
import type { WirePipelineRun, WireTaskRun } from '../wire/run.js';
import type { WireStepAction, WireTask } from '../wire/task.js';
import { wirePipeline } from './pipeline.js';
import { wirePipelineRun, wireTaskRun } from './run.js';
import { wireStepAction, wireTask } from './task.js';

/**
 * The Task as the object that `kubectl apply` accepts.
 *
 * @throws CatalogError with every problem in it.
 */
export function toTask(task: TaskDefinition, options?: ValidateOptions): WireTask {
  assertValid(task, options);
  return wireTask(task);
}

/** The StepAction as an object. @throws CatalogError with every problem in it. */
export function toStepAction(action: StepActionDefinition, options?: ValidateOptions): WireStepAction {
  assertValid(action, options);
  return wireStepAction(action);
}

/** The Pipeline as an object. @throws CatalogError with every problem in it. */
export function toPipeline(pipeline: PipelineDefinition, options?: ValidateOptions): WirePipeline {
  assertValid(pipeline, options);
  return wirePipeline(pipeline);
}

/** The PipelineRun as an object. @throws CatalogError with every problem in it. */
export function toPipelineRun(run: PipelineRunDefinition, options?: ValidateOptions): WirePipelineRun {
  assertValid(run, options);
  return wirePipelineRun(run);
}

/** The TaskRun as an object. @throws CatalogError with every problem in it. */
export function toTaskRun(run: TaskRunDefinition, options?: ValidateOptions): WireTaskRun {
  assertValid(run, options);
  return wireTaskRun(run);
}
