import type { WirePipelineSpec } from '../../tekton/wire/pipeline.js';
import type { WireWorkspaceBinding } from '../../tekton/wire/run.js';
import type { WireParam, WireRef, WireTaskSpec, WireValue, WireWhen } from '../../tekton/wire/task.js';
import type { Condition, RefSource, StepState, TaskRunStatus } from '../contract.js';

/** `metadata` of what a run makes. */
export interface RunMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly creationTimestamp: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly object[];
}

/** Where what runs was fetched from. */
export interface Provenance {
  readonly refSource: RefSource;
}

/** `status` of a TaskRun; before its first step it has no more than a condition. */
export type TaskRunState = Partial<Omit<TaskRunStatus, 'conditions' | 'steps'>> &
  Pick<TaskRunStatus, 'conditions'> & {
    readonly retriesStatus?: readonly TaskRunStatus[];
    readonly provenance?: Provenance;
    readonly steps?: readonly (StepState & { readonly provenance?: Provenance })[];
  };

/** A TaskRun in the shape of Tekton's own object. */
export interface TaskRunObject {
  readonly apiVersion: 'tekton.dev/v1';
  readonly kind: 'TaskRun';
  readonly metadata: RunMetadata;
  readonly spec: {
    readonly params?: readonly WireParam[];
    readonly retries?: number;
    readonly taskRef?: WireRef;
    readonly taskSpec?: WireTaskSpec;
    readonly timeout: string;
    readonly workspaces?: readonly WireWorkspaceBinding[];
    readonly status?: 'TaskRunCancelled';
    readonly statusMessage?: string;
  };
  readonly status: TaskRunState;
}

/** Why a PipelineTask did not run, in Tekton's words. Source: pipelinerun_types.go, SkippingReason. */
export const skipping = {
  when: 'When Expressions evaluated to false',
  parent: 'Parent Tasks were skipped',
  stopping: 'PipelineRun was stopping',
  cancelled: 'PipelineRun was gracefully cancelled',
  stopped: 'PipelineRun was gracefully stopped',
  results: 'Results were missing',
  pipelineTimeout: 'PipelineRun timeout has been reached',
  tasksTimeout: 'PipelineRun Tasks timeout has been reached',
  finallyTimeout: 'PipelineRun Finally timeout has been reached',
  emptyMatrix: 'Matrix Parameters have an empty array',
} as const;

export type SkippingReason = (typeof skipping)[keyof typeof skipping];

export interface SkippedTask {
  readonly name: string;
  readonly reason: SkippingReason;
  readonly whenExpressions?: readonly WireWhen[];
}

export interface ChildReference {
  readonly apiVersion: 'tekton.dev/v1';
  readonly kind: 'TaskRun';
  readonly name: string;
  readonly pipelineTaskName: string;
  readonly displayName?: string;
  readonly whenExpressions?: readonly WireWhen[];
}

/** What `spec.status` of a PipelineRun asks for. */
export const runEnds = ['Cancelled', 'CancelledRunFinally', 'StoppedRunFinally'] as const;
export type RunEnd = (typeof runEnds)[number];

/** A PipelineRun in the shape of Tekton's own object. */
export interface PipelineRunObject {
  readonly apiVersion: 'tekton.dev/v1';
  readonly kind: 'PipelineRun';
  readonly metadata: RunMetadata;
  readonly spec: {
    readonly pipelineRef?: WireRef;
    readonly pipelineSpec?: WirePipelineSpec;
    readonly params?: readonly WireParam[];
    readonly workspaces?: readonly WireWorkspaceBinding[];
    readonly timeouts?: { readonly pipeline?: string; readonly tasks?: string; readonly finally?: string };
    readonly status?: RunEnd;
  };
  readonly status: {
    readonly conditions: readonly [Condition];
    readonly startTime: string;
    readonly finallyStartTime?: string;
    readonly completionTime?: string;
    readonly childReferences?: readonly ChildReference[];
    readonly skippedTasks?: readonly SkippedTask[];
    readonly results?: readonly { readonly name: string; readonly value: WireValue }[];
    readonly pipelineSpec: WirePipelineSpec;
    readonly provenance?: Provenance;
  };
}

/** What a run is: the object that `op local` shows. */
export type RunObject = PipelineRunObject | TaskRunObject;
