import type { ObjectMeta } from './pod.js';
import type { WireParam, WireParamSpec, WireRef, WireTaskSpec, WireWhen, WireWorkspace } from './task.js';

export interface WireMatrix {
  readonly params?: readonly WireParam[];
  readonly include?: readonly { readonly name?: string; readonly params: readonly WireParam[] }[];
}

export interface WirePipelineTask {
  readonly name: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly taskRef?: WireRef;
  readonly taskSpec?: WireTaskSpec & {
    readonly metadata?: { readonly labels?: ObjectMeta['labels']; readonly annotations?: ObjectMeta['annotations'] };
  };
  readonly when?: readonly WireWhen[];
  readonly runAfter?: readonly string[];
  readonly params?: readonly WireParam[];
  readonly matrix?: WireMatrix;
  readonly workspaces?: readonly { readonly name: string; readonly workspace?: string; readonly subPath?: string }[];
  readonly retries?: number;
  readonly timeout?: string;
  readonly onError?: string;
}

export interface WirePipelineResult {
  readonly name: string;
  readonly type?: 'string' | 'array' | 'object';
  readonly description?: string;
  readonly value: string;
}

export interface WirePipelineSpec {
  readonly displayName?: string;
  readonly description?: string;
  readonly params?: readonly WireParamSpec[];
  readonly workspaces?: readonly WireWorkspace[];
  readonly results?: readonly WirePipelineResult[];
  readonly tasks: readonly WirePipelineTask[];
  readonly finally?: readonly WirePipelineTask[];
}

/** `tekton.dev/v1` Pipeline. */
export interface WirePipeline {
  readonly apiVersion: 'tekton.dev/v1';
  readonly kind: 'Pipeline';
  readonly metadata: ObjectMeta;
  readonly spec: WirePipelineSpec;
}
