/** The public API of the package: only what is exported here. */
export { buildPush as buildPushPipeline, buildPushRules } from '../pipelines/build-push.js';
export { deliver as deliverPipeline, deliverRules, deliverTo as deliverToPipeline } from '../pipelines/deliver.js';
export { mirror as mirrorPipeline, mirrorRules } from '../pipelines/mirror.js';
export { mirrorDisk as mirrorDiskPipeline } from '../pipelines/mirror-disk.js';
export { promote as promotePipeline, promoteRules } from '../pipelines/promote.js';
export { release as releasePipeline, releaseRules } from '../pipelines/release.js';
export { watch as watchPipeline, watchRules } from '../pipelines/watch.js';
export { work as workPipeline } from '../pipelines/work.js';
export { build as buildTask } from '../tasks/build.js';
export { buildBuildpacks as buildBuildpacksTask } from '../tasks/build-buildpacks.js';
export { buildDockerfile as buildDockerfileTask } from '../tasks/build-dockerfile.js';
export { buildPush as buildPushTask } from '../tasks/build-push.js';
export { checkDelivery as checkDeliveryTask } from '../tasks/check-delivery.js';
export { cloneBuildPush as cloneBuildPushTask } from '../tasks/clone-build-push.js';
export { deliverEnvironment as deliverEnvironmentTask } from '../tasks/deliver-environment.js';
export { gitClone as gitCloneTask } from '../tasks/git-clone.js';
export { helmTest as helmTestTask } from '../tasks/helm-test.js';
export { mirror as mirrorTask } from '../tasks/mirror.js';
export { mirrorDisk as mirrorDiskTask } from '../tasks/mirror-disk.js';
export { mirrorReport as mirrorReportTask } from '../tasks/mirror-report.js';
export { promoteImage as promoteImageTask } from '../tasks/promote-image.js';
export { publishImageInfo as publishImageInfoTask } from '../tasks/publish-image-info.js';
export { push as pushTask } from '../tasks/push.js';
export { releaseItem as releaseItemTask } from '../tasks/release-item.js';
export { releaseStart as releaseStartTask } from '../tasks/release-start.js';
export { releaseWork as releaseWorkTask } from '../tasks/release-work.js';
export { setImage as setImageTask } from '../tasks/set-image.js';
export { image as octopipelineImage } from '../tasks/steps/image.js';
export { restricted } from '../tasks/steps/restricted.js';
export { watchDeployment as watchDeploymentTask } from '../tasks/watch-deployment.js';
export { createCatalog } from './catalog.js';
export type { BuildKitConfig } from './cdk8s/buildkitd-config.js';
export { CatalogApp, type CatalogAppProps } from './cdk8s/catalog-app.js';
export { CatalogChart, type CatalogChartProps } from './cdk8s/catalog-chart.js';
export { type CatalogConfig, defineConfig } from './cdk8s/config.js';
export type { StepResources } from './cdk8s/config-value.js';
export type { Installed } from './cdk8s/installed.js';
export { Pipeline } from './cdk8s/pipeline.js';
export { PipelineAccess, type PipelineAccessProps, type PolicyRule } from './cdk8s/pipeline-access.js';
export { PipelineNetwork, type PipelineNetworkProps } from './cdk8s/pipeline-network.js';
export { PipelineRun } from './cdk8s/pipeline-run.js';
export { ScheduledRun, type ScheduledRunProps } from './cdk8s/scheduled-run.js';
export { StepAction } from './cdk8s/step-action.js';
export { Task } from './cdk8s/task.js';
export { TaskNetwork, type TaskNetworkProps } from './cdk8s/task-network.js';
export type { TektonProps } from './cdk8s/tekton-object.js';
export {
  type MirrorDefaults,
  type MirrorDrift,
  type MirrorHelmCharts,
  type MirrorKeep,
  type MirrorPlan,
  type MirrorPlatforms,
  type MirrorRate,
  type MirrorReferrers,
  type MirrorRegistry,
  type MirrorSource,
  type MirrorTags,
  mirrorPlan,
} from './mirror-plan.js';
export type { Duration } from './tekton/duration.js';
export {
  type ArrayParam,
  type Need,
  type ObjectParam,
  type ParamDef,
  type Params,
  type ParamValue,
  param,
  type RefsOf,
  type StringParam,
} from './tekton/param.js';
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
  type Scope,
  type StringRef,
  type Text,
  text,
  type Value,
} from './tekton/reference.js';
export { toPipeline, toPipelineRun, toStepAction, toTask, toTaskRun } from './tekton/render/render.js';
export {
  type ArrayResult,
  type ObjectResult,
  type ResultDef,
  type Results,
  result,
  type StringResult,
} from './tekton/result.js';
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
  type StepWithResults,
  step,
  type TaskScope,
} from './tekton/step.js';
export { type StepActionOptions, type StepFromOptions, stepAction, stepFrom } from './tekton/step-action.js';
export { type TaskDefinition, type TaskOptions, task } from './tekton/task.js';
export type { AnyDefinition } from './tekton/validate/definition.js';
export type { ValidateOptions } from './tekton/validate/options.js';
export { assertValid, validate, validateAll } from './tekton/validate/validate.js';
export { warnings } from './tekton/validate/warnings.js';
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
export {
  type TaskWorkspace,
  type WorkspaceDef,
  type WorkspaceKind,
  type WorkspaceRef,
  type Workspaces,
  workspace,
} from './tekton/workspace.js';
export { toYaml, type YamlOptions } from './tekton/yaml/emit.js';
