/** The typed core: Tekton definitions as values, checked by TypeScript and at synth, rendered to plain objects. */
export type { Duration } from './duration.js';
export { type Need, type ParamDef, type Params, type ParamValue, param, type RefsOf } from './param.js';
export {
  type Declared,
  type FinallyNode,
  type MatrixNode,
  type NodeDefinition,
  type NodeOptions,
  type Output,
  type PipelineDefinition,
  type PipelineNode,
  type PipelineOptions,
  type PipelineScope,
  pipeline,
  type RemoteTask,
  type TaskNode,
} from './pipeline.js';
export { CatalogError, type Problem } from './problem.js';
export {
  type ArrayItems,
  type ArrayRef,
  flag,
  type ObjectRef,
  type StringRef,
  type Text,
  text,
  type Value,
} from './reference.js';
export { toPipeline, toPipelineRun, toStepAction, toTask, toTaskRun } from './render/render.js';
export { type ResultDef, type Results, result } from './result.js';
export {
  type NodeRunSpec,
  type PipelineRunDefinition,
  type PipelineRunOptions,
  pipelineRun,
  type RunBinding,
  type TaskRunDefinition,
  type TaskRunOptions,
  type Timeouts,
  taskRun,
} from './run.js';
export { type Script, sh } from './script/sh.js';
export {
  type ActionStep,
  type Argument,
  type CommandStep,
  type ContainerOptions,
  type Env,
  type Mount,
  type ResultPaths,
  type ScriptStep,
  type Sidecar,
  type Step,
  type StepActionDefinition,
  step,
  type TaskScope,
} from './step.js';
export { type StepActionOptions, stepAction, stepFrom } from './step-action.js';
export { type TaskDefinition, type TaskOptions, task } from './task.js';
export type { AnyDefinition } from './validate/definition.js';
export type { ValidateOptions } from './validate/options.js';
export { assertValid, validate, validateAll } from './validate/validate.js';
export { warnings } from './validate/warnings.js';
export { cel, eq, ne, notOneOf, oneOf, type When } from './when.js';
export type { WirePipeline } from './wire/pipeline.js';
export type { ObjectMeta, PodTemplate, Quantity, ResourceRequirements, SecurityContext, Volume } from './wire/pod.js';
export type { WirePipelineRun, WireTaskRun } from './wire/run.js';
export type { WireStepAction, WireTask } from './wire/task.js';
export { type TaskWorkspace, type WorkspaceDef, type Workspaces, workspace } from './workspace.js';
export { toYaml, type YamlOptions } from './yaml/emit.js';
