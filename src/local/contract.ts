/** The types between the parts of local runs: read -> check -> plan -> run -> status. */
import type { Context } from '../op/context.js';
import type { WirePipelineSpec } from '../tekton/wire/pipeline.js';
import type { WireStep, WireTaskSpec, WireValue } from '../tekton/wire/task.js';

import type { Credential } from './task-run/credentials.js';

/** A problem of a document: `path` is `Pipeline/deliver > spec.tasks[2].params[0].value`. */
export interface LocalProblem {
  readonly path: string;
  readonly what: string;
  readonly hint: string;
  /** File and line: `deploy.yaml:12`. */
  readonly at?: string;
}

/** Where a document was fetched, in the shape of Tekton's `status.provenance.refSource`. */
export interface RefSource {
  /** `git+https://host/repository.git`, the URL, or the repository of a bundle. */
  readonly uri: string;
  /** By algorithm; `sha1` is the commit of a Git repository. */
  readonly digest: Readonly<Record<string, string>>;
  /** The path in the repository, or the name in the bundle. */
  readonly entryPoint?: string;
}

/** A `tekton.dev/v1` object, converted and defaulted as Tekton does. */
export interface LocalTask {
  readonly name: string;
  readonly spec: WireTaskSpec;
  /** The file that it comes from, for messages. */
  readonly source: string;
  /** Present if it was fetched. */
  readonly refSource?: RefSource;
}

export interface LocalPipeline {
  readonly name: string;
  readonly spec: WirePipelineSpec;
  readonly source: string;
  /** Those of Pipelines-as-Code. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly refSource?: RefSource;
}

/** Param values by name, with defaults applied. */
export type ParamValues = Readonly<Record<string, WireValue>>;

/**
 * What variables stand for: key without `$(` and `)`, such as `params.url`, `params["url"]`, `tasks.build.results.digest`.
 * A string replaces text; an array replaces an item `$(params.a[*])` of a list; an object `$(params.o[*])` a whole value.
 * A variable that is not in it stays as text, as in Tekton.
 */
export type Variables = ReadonlyMap<string, WireValue>;

/** A workspace of a TaskRun: a directory of this machine that exists. */
export interface BoundWorkspace {
  readonly directory: string;
  readonly readOnly: boolean;
  /** Values of a bound Secret, masked in logs; the files are in `directory`. */
  readonly secret: boolean;
  /** The volume that `directory` is in, if the workspace has a `subPath`. */
  readonly volume?: string;
  /** The claim that the workspace is bound to. */
  readonly claim?: string;
}

/** One TaskRun with nothing left to look up: StepActions are resolved, params have their defaults. */
export interface TaskRunRequest {
  readonly name: string;
  /** Empty for an embedded spec. */
  readonly taskName: string;
  readonly pipelineTask: string | undefined;
  readonly pipelineRun: string | undefined;
  readonly namespace: string;
  readonly uid: string;
  readonly spec: WireTaskSpec & { readonly steps: readonly WireStep[] };
  readonly params: ParamValues;
  readonly workspaces: Readonly<Record<string, BoundWorkspace>>;
  /** Directories for `volumes` that are ConfigMaps, Secrets or claims, by volume name; emptyDirs are made by the run. */
  readonly volumes: Readonly<Record<string, BoundWorkspace>>;
  readonly timeoutMs: number;
  readonly retryCount: number;
  /** The Pipeline goes on when it fails: `onError: continue` of the PipelineTask. */
  readonly failureIgnored?: boolean;
  /** The directory of this TaskRun: everything that it makes is in it. */
  readonly directory: string;
  /** The directory with all runs: their Secrets, what they are told, and the programs that op itself starts. Steps see of it what they mount. */
  readonly state?: string;
  /** A directory with programs, which a step finds in `/tekton/bin`. */
  readonly programs?: string;
  /** The directory where steps of octopipeline keep image info and locks; their `OP_STORE` names it. */
  readonly store?: string;
  /** Directories with the keys of ConfigMaps and Secrets, by name, for variables of the environment. */
  readonly configMaps?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Secrets of the ServiceAccount, which become files in the HOME of each step. */
  readonly credentials?: readonly Credential[];
  /** Which images are this machine; without it, those that `thisMachine()` knows. */
  readonly hostImage?: HostImages;
  /** Fetches the images that are not this machine; without it, steps of such images are refused. */
  readonly fetchImage?: FetchImage;
  /** `variables` where a step cannot have a mount namespace of its own; found out when it is left out. */
  readonly isolation?: Isolation;
  /** Functions that stand for the programs of steps, in tests of a Pipeline; a step for which there is none runs. */
  readonly fakeOf?: FakeOf;
}

/** Finds the function that stands for a step; variables in the image have their values. */
export type FakeOf = (step: { readonly name: string; readonly image: string }) => FakeStep | undefined;

/** Stands for the program of a step. What it throws is thrown by the run. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that gives nothing returns void
export type FakeStep = (call: FakeCall) => FakeEnd | void | Promise<FakeEnd | void>;

/** What a step would have been started with: all variables have their values. */
export interface FakeCall {
  /** The PipelineTask; of a run of a Task, that Task. */
  readonly task: string;
  readonly step: string;
  readonly image: string;
  /** For a script, the path that Tekton gives to it. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** With the `#!` line that Tekton adds. */
  readonly script: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** The params of the Task, with defaults. */
  readonly params: ParamValues;
  /** Directories of this machine, by the name that the Task gives to the workspace; those only that the step sees. */
  readonly workspaces: Readonly<Record<string, string>>;
  /** 0, and one more for each retry. */
  readonly retry: number;
  /** Aborted when the run is cancelled or out of time. */
  readonly signal: AbortSignal;
}

/** What a step has done. */
export interface FakeEnd {
  /** @default 0 */
  readonly exitCode?: number;
  /** What it printed, line by line. */
  readonly output?: string;
  /** Results of the step, or of the Task, by name. A name that both have is the step's. */
  readonly results?: Readonly<Record<string, WireValue>>;
}

/** Says whether the programs of this machine stand for an image, and what its ENTRYPOINT is; `undefined` if they do not. */
export type HostImages = (image: string) => { readonly entrypoint?: readonly string[] } | undefined;

/** Gives an image's file system. @throws OpError if it cannot be had */
export type FetchImage = (context: Context, image: string) => Promise<StepImage>;

/** An image that is unpacked on this machine, and what it says about how it is run. */
export interface StepImage {
  /** A directory with its files, which all steps share: nobody writes to it. */
  readonly root: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `USER`, `UID`, `USER:GROUP` or `UID:GID`; empty for root. */
  readonly user: string;
  readonly workingDir: string;
}

/** Whether a step sees the paths of a pod (`namespaces`), or variables that point into the directory of its TaskRun. */
export type Isolation = 'namespaces' | 'variables';

/** How a program is started in a step, instead of the step's own: with its files, environment and paths. */
export type Enter = (
  command: readonly string[],
  more?: Readonly<Record<string, string>>,
) => Promise<{
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}>;

export interface StepState {
  readonly name: string;
  readonly container: string;
  readonly imageID: string;
  readonly running?: { readonly startedAt: string };
  readonly waiting?: { readonly reason: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason: string;
    readonly startedAt: string;
    readonly finishedAt: string;
    readonly message?: string;
  };
  readonly terminationReason?: string;
  readonly results?: readonly { readonly name: string; readonly type: string; readonly value: WireValue }[];
}

export interface Condition {
  readonly type: 'Succeeded';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** `status` of a TaskRun, in Tekton's shape. */
export interface TaskRunStatus {
  readonly conditions: readonly [Condition];
  readonly podName: string;
  readonly startTime: string;
  readonly completionTime?: string;
  readonly steps: readonly StepState[];
  readonly sidecars?: readonly StepState[];
  readonly results?: readonly { readonly name: string; readonly type: string; readonly value: WireValue }[];
  readonly taskSpec: WireTaskSpec;
}

/** One line that a step or sidecar printed. */
export interface LogLine {
  readonly task: string;
  readonly step: string;
  readonly text: string;
}
