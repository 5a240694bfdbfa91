import type { WirePipelineSpec } from './pipeline.js';
import type {
  ConfigMapVolume,
  CsiVolume,
  EmptyDir,
  ObjectMeta,
  PersistentVolumeClaimTemplate,
  PodTemplate,
  ProjectedVolume,
  ResourceRequirements,
  SecretVolume,
} from './pod.js';
import type { WireParam, WireRef, WireTaskSpec } from './task.js';

export interface WireWorkspaceBinding {
  readonly name: string;
  readonly subPath?: string;
  readonly volumeClaimTemplate?: PersistentVolumeClaimTemplate;
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly emptyDir?: EmptyDir;
  readonly configMap?: ConfigMapVolume;
  readonly secret?: SecretVolume;
  readonly projected?: ProjectedVolume;
  readonly csi?: CsiVolume;
}

export interface WireContainerSpec {
  readonly name: string;
  readonly computeResources: ResourceRequirements;
}

export interface WireTaskRunSpec {
  readonly pipelineTaskName: string;
  readonly serviceAccountName?: string;
  readonly podTemplate?: PodTemplate;
  readonly stepSpecs?: readonly WireContainerSpec[];
  readonly sidecarSpecs?: readonly WireContainerSpec[];
  readonly metadata?: { readonly labels?: ObjectMeta['labels']; readonly annotations?: ObjectMeta['annotations'] };
  readonly computeResources?: ResourceRequirements;
  readonly timeout?: string;
}

/** `tekton.dev/v1` PipelineRun. */
export interface WirePipelineRun {
  readonly apiVersion: 'tekton.dev/v1';
  readonly kind: 'PipelineRun';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly pipelineRef?: WireRef;
    readonly pipelineSpec?: WirePipelineSpec;
    readonly params?: readonly WireParam[];
    readonly workspaces?: readonly WireWorkspaceBinding[];
    readonly timeouts?: { readonly pipeline?: string; readonly tasks?: string; readonly finally?: string };
    readonly taskRunTemplate?: { readonly serviceAccountName?: string; readonly podTemplate?: PodTemplate };
    readonly taskRunSpecs?: readonly WireTaskRunSpec[];
  };
}

/** `tekton.dev/v1` TaskRun. */
export interface WireTaskRun {
  readonly apiVersion: 'tekton.dev/v1';
  readonly kind: 'TaskRun';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly serviceAccountName?: string;
    readonly taskRef?: WireRef;
    readonly taskSpec?: WireTaskSpec;
    readonly params?: readonly WireParam[];
    readonly workspaces?: readonly WireWorkspaceBinding[];
    readonly podTemplate?: PodTemplate;
    readonly stepSpecs?: readonly WireContainerSpec[];
    readonly sidecarSpecs?: readonly WireContainerSpec[];
    readonly computeResources?: ResourceRequirements;
    readonly timeout?: string;
    readonly retries?: number;
  };
}
