/** The public API of the package: only what is exported here. */
export { buildPush as buildPushPipeline, buildPushRules } from '../pipelines/build-push.js';
export { build as buildTask } from '../tasks/build.js';
export { buildBuildpacks as buildBuildpacksTask } from '../tasks/build-buildpacks.js';
export { buildDockerfile as buildDockerfileTask } from '../tasks/build-dockerfile.js';
export { buildPush as buildPushTask } from '../tasks/build-push.js';
export { cloneBuildPush as cloneBuildPushTask } from '../tasks/clone-build-push.js';
export { gitClone as gitCloneTask } from '../tasks/git-clone.js';
export { publishImageInfo as publishImageInfoTask } from '../tasks/publish-image-info.js';
export { push as pushTask } from '../tasks/push.js';
export { image as octopipelineImage } from '../tasks/steps/image.js';
export { restricted } from '../tasks/steps/restricted.js';
export { createCatalog } from './catalog.js';
export type { BuildKitConfig } from './cdk8s/buildkitd-config.js';
export { CatalogApp, type CatalogAppProps } from './cdk8s/catalog-app.js';
export { CatalogChart, type CatalogChartProps } from './cdk8s/catalog-chart.js';
export { type CatalogConfig, defineConfig } from './cdk8s/config.js';
export type { StepResources } from './cdk8s/config-value.js';
export { Pipeline } from './cdk8s/pipeline.js';
export { PipelineAccess, type PipelineAccessProps } from './cdk8s/pipeline-access.js';
export { PipelineNetwork, type PipelineNetworkProps } from './cdk8s/pipeline-network.js';
export { PipelineRun } from './cdk8s/pipeline-run.js';
export { ScheduledRun, type ScheduledRunProps } from './cdk8s/scheduled-run.js';
export { Task } from './cdk8s/task.js';
export { TaskNetwork, type TaskNetworkProps } from './cdk8s/task-network.js';
export {
  type MirrorDefaults,
  type MirrorDrift,
  type MirrorPlan,
  type MirrorPlatforms,
  type MirrorReferrers,
  type MirrorRegistry,
  type MirrorSource,
  type MirrorTags,
  mirrorPlan,
} from './mirror-plan.js';
export type { Duration } from './tekton/duration.js';
export { type Need, type ParamDef, type Params, type ParamValue, param, type RefsOf } from './tekton/param.js';
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
} from './tekton/pipeline.js';
export { CatalogError, type Problem } from './tekton/problem.js';
export {
  type ArrayItems,
  type ArrayRef,
  flag,
  type ObjectRef,
  type StringRef,
  type Text,
  text,
  type Value,
} from './tekton/reference.js';
export { toPipeline, toPipelineRun, toStepAction, toTask, toTaskRun } from './tekton/render/render.js';
export { type ResultDef, type Results, result } from './tekton/result.js';
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
} from './tekton/run.js';
export { type Script, sh } from './tekton/script/sh.js';
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
} from './tekton/step.js';
export { type StepActionOptions, stepAction, stepFrom } from './tekton/step-action.js';
export { type TaskDefinition, type TaskOptions, task } from './tekton/task.js';
export type { AnyDefinition } from './tekton/validate/definition.js';
export type { ValidateOptions } from './tekton/validate/options.js';
export { assertValid, validate, validateAll } from './tekton/validate/validate.js';
export { cel, eq, ne, notOneOf, oneOf, type When } from './tekton/when.js';
export type { WirePipeline } from './tekton/wire/pipeline.js';
export type {
  ObjectMeta,
  PodTemplate,
  Quantity,
  ResourceRequirements,
  SecurityContext,
  Volume,
} from './tekton/wire/pod.js';
export type { WirePipelineRun, WireTaskRun } from './tekton/wire/run.js';
export type { WireStepAction, WireTask } from './tekton/wire/task.js';
export { type TaskWorkspace, type WorkspaceDef, type Workspaces, workspace } from './tekton/workspace.js';
export { toYaml, type YamlOptions } from './tekton/yaml/emit.js';
