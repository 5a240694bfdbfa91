import type { WirePipelineSpec } from '../../tekton/wire/pipeline.js';
import type { WireRef, WireTaskSpec } from '../../tekton/wire/task.js';
import type { ParamValues, RefSource } from '../contract.js';
import type { LocalStepAction } from '../documents/read.js';
import type { ObjectFiles } from '../runs/object-files.js';
import type { Credential } from '../task-run/credentials.js';
import type { Binding } from '../workspaces/binding.js';

/** A Task with nothing left to look up. */
export interface FoundTask {
  /** Empty for an embedded spec. */
  readonly taskName: string;
  readonly spec: WireTaskSpec;
  /** What steps of it refer to, by the step's index; resolved when the TaskRun starts: params of it may be params of a StepAction. */
  readonly actions: Readonly<Record<number, LocalStepAction>>;
  /** The reference that it was fetched by, and from where. */
  readonly fetched?: FetchedBy;
  /** From where the StepAction of each step was fetched; by the step's index. */
  readonly stepSources?: Readonly<Record<number, RefSource>>;
}

/** How an object came from elsewhere. */
export interface FetchedBy {
  readonly ref: WireRef;
  readonly refSource: RefSource;
}

/** Milliseconds; 0 is no limit. */
export interface Timeouts {
  readonly pipeline: number;
  readonly tasks?: number;
  readonly finally?: number;
}

/** All that a run needs, as data: it is kept in the run's directory, so that `rerun` needs no other file. */
export interface RunPlan {
  /** A TaskRun is a plan with one task, whose object is that TaskRun. */
  readonly kind: 'PipelineRun' | 'TaskRun';
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Empty for an embedded spec. */
  readonly pipelineName: string;
  /** Present if the Pipeline was fetched. */
  readonly fetched?: FetchedBy;
  readonly spec: WirePipelineSpec;
  /** By the name of the PipelineTask. */
  readonly tasks: Readonly<Record<string, FoundTask>>;
  /** With defaults applied. */
  readonly params: ParamValues;
  readonly bindings: readonly Binding[];
  readonly timeouts: Timeouts;
  /** Timeouts that the run gives to PipelineTasks, by name. */
  readonly taskTimeouts: Readonly<Record<string, number>>;
  /** Whether only octopipeline's image is this machine; without it, images that hold a shell are, too. */
  readonly ownImages: boolean;
  /** More images that are this machine: patterns, see `thisMachine`. */
  readonly hostImages: readonly string[];
  /** Secrets of the ServiceAccounts that tasks run as, by the name of the PipelineTask. */
  readonly credentials: Readonly<Record<string, readonly Credential[]>>;
  /** ConfigMaps and Secrets that were given as documents. */
  readonly files: ObjectFiles;
  /** The directory where steps of octopipeline keep image info and locks. */
  readonly store?: string | undefined;
}

/** Tekton's `default-timeout-minutes`. */
export const defaultTimeout = 3_600_000;

/** The limit of the tasks, given or what `finally` leaves of the whole. Source: PipelineRun.TasksTimeout. */
export const tasksTimeout = ({ pipeline, tasks, finally: last }: Timeouts): number | undefined =>
  tasks ?? (last === undefined || last === 0 || pipeline === 0 ? undefined : pipeline - last);

/** The limit of the finally tasks. Source: PipelineRun.FinallyTimeout. */
export const finallyTimeout = ({ pipeline, tasks, finally: last }: Timeouts): number | undefined =>
  last ?? (tasks === undefined || tasks === 0 || pipeline === 0 ? undefined : pipeline - tasks);
