import type { HasRequired, LiteralParams } from './bind.js';
import type { Duration } from './duration.js';
import type { Params } from './param.js';
import type { Outputs, PipelineDefinition } from './pipeline.js';
import type { Results } from './result.js';
import type { TaskDefinition } from './task.js';
import { assertKind } from './well-formed.js';
import type {
  CsiVolume,
  EmptyDir,
  KeyToPath,
  PodTemplate,
  Projection,
  Quantity,
  ResourceRequirements,
} from './wire/pod.js';
import type { WorkspaceKind, Workspaces } from './workspace.js';

/** A claim that is created for the run and deleted with it. */
export interface ClaimTemplate {
  readonly storage: Quantity;
  /** @default ['ReadWriteOnce'] */
  readonly accessModes?: readonly ('ReadWriteOnce' | 'ReadWriteMany' | 'ReadOnlyMany' | 'ReadWriteOncePod')[];
  /** @default - the cluster's default class */
  readonly storageClassName?: string;
}

interface SubPath {
  /** A directory inside the volume. */
  readonly subPath?: string;
}

/** A workspace that holds files: a claim, or a directory that lives as long as the pod. */
export type VolumeBinding =
  | ({ readonly persistentVolumeClaim: string } & SubPath)
  | ({ readonly volumeClaimTemplate: ClaimTemplate } & SubPath)
  | ({ readonly emptyDir: EmptyDir } & SubPath);

/** A workspace that holds a few read-only files. */
export type FilesBinding =
  | ({ readonly secret: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean } & SubPath)
  | ({ readonly configMap: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean } & SubPath)
  | ({ readonly projected: readonly Projection[] } & SubPath)
  | ({ readonly csi: CsiVolume } & SubPath);

/** What a run may bind to a workspace of kind `K`: claims only where files on a volume are expected. */
export type RunBinding<K extends WorkspaceKind = WorkspaceKind> = K extends 'volume'
  ? VolumeBinding | FilesBinding
  : FilesBinding | { readonly emptyDir: EmptyDir };

/** The bindings for all workspaces of a definition. */
export type RunWorkspaces<W extends Workspaces> = {
  readonly [N in keyof W as W[N]['need'] extends 'optional' ? never : N]: RunBinding<W[N]['kind']>;
} & {
  readonly [N in keyof W as W[N]['need'] extends 'optional' ? N : never]?: RunBinding<W[N]['kind']>;
};

type RunInputs<P extends Params, W extends Workspaces> = (HasRequired<P> extends true
  ? { readonly params: LiteralParams<P> }
  : { readonly params?: LiteralParams<P> }) &
  (HasRequired<W> extends true
    ? { readonly workspaces: RunWorkspaces<W> }
    : { readonly workspaces?: RunWorkspaces<W> });

/** The name of a run, or the start of one that the cluster completes. */
export type RunName = string | { readonly generateName: string };

interface RunOptions {
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  readonly serviceAccountName?: string;
  readonly podTemplate?: PodTemplate;
}

/** Limits of a PipelineRun: `tasks` and `finally` together fit into `pipeline`. `0s` is no limit. */
export interface Timeouts {
  readonly pipeline?: Duration;
  readonly tasks?: Duration;
  readonly finally?: Duration;
}

/** Settings for the TaskRun of one node. */
export interface NodeRunSpec {
  readonly serviceAccountName?: string;
  readonly podTemplate?: PodTemplate;
  readonly computeResources?: ResourceRequirements;
  /** Resources by step name; not together with `computeResources`. */
  readonly steps?: { readonly [step: string]: ResourceRequirements };
  readonly sidecars?: { readonly [sidecar: string]: ResourceRequirements };
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  readonly timeout?: Duration;
}

/** Options of {@link pipelineRun} besides params and workspaces. */
export interface PipelineRunOptions extends RunOptions {
  readonly timeouts?: Timeouts;
  /** By node name. */
  readonly taskRunSpecs?: { readonly [node: string]: NodeRunSpec };
  /** Writes the Pipeline into the run instead of referring to it by name. @default false */
  readonly embed?: boolean;
}

/** Options of {@link taskRun} besides params and workspaces. */
export interface TaskRunOptions extends RunOptions {
  readonly timeout?: Duration;
  readonly retries?: number;
  readonly computeResources?: ResourceRequirements;
  readonly steps?: { readonly [step: string]: ResourceRequirements };
  readonly sidecars?: { readonly [sidecar: string]: ResourceRequirements };
  /** Writes the Task into the run instead of referring to it by name. @default false */
  readonly embed?: boolean;
}

interface LooseInputs {
  readonly params?: { readonly [name: string]: unknown };
  readonly workspaces?: { readonly [name: string]: RunBinding };
}

/** A PipelineRun as a value. */
export interface PipelineRunDefinition {
  readonly kind: 'PipelineRun';
  readonly name: RunName;
  readonly pipeline: PipelineDefinition;
  readonly options: PipelineRunOptions & LooseInputs;
}

/** A TaskRun as a value. */
export interface TaskRunDefinition {
  readonly kind: 'TaskRun';
  readonly name: RunName;
  readonly task: TaskDefinition;
  readonly options: TaskRunOptions & LooseInputs;
}

/**
 * A run of a Pipeline, with its params and workspaces checked in TypeScript.
 *
 * @example
 * pipelineRun({ generateName: 'ci-' }, ci, {
 *   params: { repo: 'https://git.example.com/shop.git' },
 *   workspaces: { source: { volumeClaimTemplate: { storage: '1Gi' } } },
 *   timeouts: { pipeline: '30m' },
 * });
 */
export function pipelineRun<P extends Params, W extends Workspaces, O extends Outputs>(
  name: RunName,
  pipeline: PipelineDefinition<P, W, O>,
  options: NoInfer<PipelineRunOptions & RunInputs<P, W>>,
): PipelineRunDefinition {
  assertKind('the run', pipeline, 'Pipeline');
  return { kind: 'PipelineRun', name, pipeline, options: options as PipelineRunDefinition['options'] };
}

/** A run of a single Task, with its params and workspaces checked in TypeScript. */
export function taskRun<P extends Params, R extends Results, W extends Workspaces>(
  name: RunName,
  task: TaskDefinition<P, R, W>,
  options: NoInfer<TaskRunOptions & RunInputs<P, W>>,
): TaskRunDefinition {
  assertKind('the run', task, 'Task');
  return { kind: 'TaskRun', name, task, options: options as TaskRunDefinition['options'] };
}
