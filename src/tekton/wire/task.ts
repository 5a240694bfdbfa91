import type { EnvVar, ObjectMeta, Probe, ResourceRequirements, SecurityContext, Volume, VolumeMount } from './pod.js';

/** A param's value on the wire: a string, a list, or an object of strings. */
export type WireValue = string | readonly string[] | { readonly [key: string]: string };

export interface WireParam {
  readonly name: string;
  readonly value: WireValue;
}

export interface WireParamSpec {
  readonly name: string;
  readonly type: 'string' | 'array' | 'object';
  readonly description?: string;
  readonly properties?: { readonly [key: string]: { readonly type: 'string' } };
  readonly default?: WireValue;
  /** Alpha in Tekton: read by local runs, never written by this library. */
  readonly enum?: readonly string[];
}

export interface WireResult {
  readonly name: string;
  readonly type: 'string' | 'array' | 'object';
  readonly description?: string;
  readonly properties?: { readonly [key: string]: { readonly type: 'string' } };
  readonly value?: string;
}

export interface WireWorkspace {
  readonly name: string;
  readonly description?: string;
  readonly optional?: boolean;
  readonly readOnly?: boolean;
  readonly mountPath?: string;
}

export interface WireWhen {
  readonly input?: string;
  readonly operator?: 'in' | 'notin';
  readonly values?: readonly string[];
  readonly cel?: string;
}

export interface WireRef {
  readonly name?: string;
  readonly kind?: string;
  readonly resolver?: string;
  readonly params?: readonly WireParam[];
}

export interface WireContainer {
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly workingDir?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly computeResources?: ResourceRequirements;
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly VolumeMount[];
}

export interface WireStep extends WireContainer {
  readonly name: string;
  readonly displayName?: string;
  readonly ref?: WireRef;
  readonly params?: readonly WireParam[];
  readonly script?: string;
  readonly when?: readonly WireWhen[];
  readonly workspaces?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly results?: readonly WireResult[];
  readonly timeout?: string;
  readonly onError?: string;
}

export interface WireSidecar extends WireContainer {
  readonly name: string;
  readonly script?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly workspaces?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface WireTaskSpec {
  readonly displayName?: string;
  readonly description?: string;
  readonly params?: readonly WireParamSpec[];
  readonly results?: readonly WireResult[];
  readonly workspaces?: readonly WireWorkspace[];
  readonly volumes?: readonly Volume[];
  readonly stepTemplate?: WireContainer;
  readonly sidecars?: readonly WireSidecar[];
  readonly steps: readonly WireStep[];
}

/** `tekton.dev/v1` Task. */
export interface WireTask {
  readonly apiVersion: 'tekton.dev/v1';
  readonly kind: 'Task';
  readonly metadata: ObjectMeta;
  readonly spec: WireTaskSpec;
}

/** `tekton.dev/v1beta1` StepAction: there is no v1 of it, although the feature is stable. */
export interface WireStepAction {
  readonly apiVersion: 'tekton.dev/v1beta1';
  readonly kind: 'StepAction';
  readonly metadata: ObjectMeta;
  readonly spec: Omit<WireContainer, 'imagePullPolicy' | 'computeResources'> & {
    readonly description?: string;
    readonly params?: readonly WireParamSpec[];
    readonly results?: readonly WireResult[];
    readonly script?: string;
  };
}
