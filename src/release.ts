/** `octopipeline/release`: what `*.release.ts` and `octopipeline.repo.ts` are written with. Only what is exported here is public. */
export {
  approval,
  type Check,
  check,
  type Day,
  type GateOptions,
  type GateOrCheck,
  soak,
  type WindowOptions,
  window,
} from './op/releases/author/gates.js';
export type { DeployContext, ExecOptions, Executed, ItemContext } from './op/releases/author/item-context.js';
export type { Call, CallOptions, Deploy, DeployOptions, Item } from './op/releases/author/items.js';
export {
  type OtherRelease,
  type ReleaseDefinition,
  type ReleaseScope,
  type RepositoryDefinition,
  release,
  repository,
  type TriggerContext,
} from './op/releases/author/release.js';
export type { RunWorkspace, TektonRun } from './op/releases/author/tekton.js';
export {
  attribute,
  type Environments,
  type EnvironmentValue,
  type Given,
  type Inputs,
  type Outputs,
  type Ref,
  reference,
  withDefault,
} from './op/releases/author/values.js';
export type { Gate } from './op/releases/documents/shapes.js';
export { type NamedOptions, type NamedTekton, type TektonOptions, tekton } from './release/tekton.js';
