import type { Bound } from './bind.js';
import type { Duration } from './duration.js';
import type { Params, RefsOf } from './param.js';
import type { ArrayItems, ArrayRef, Owner, Scope, StringRef, Text } from './reference.js';
import type { Results } from './result.js';
import type { Resolver } from './step.js';
import type { TaskDefinition } from './task.js';
import type { When } from './when.js';
import type { Workspaces } from './workspace.js';

/** Where references of a `tasks` node may come from. */
export type InTasks = 'pipeline';
/** Where references of a `finally` node may come from. */
export type InFinally = 'pipeline' | 'finally only';
/** Where references of a pipeline result may come from. */
export type InResults = 'pipeline' | 'pipeline result only';

/** A node that has been added to a pipeline; pass it to `after` to order without passing data. */
export interface PipelineNode {
  readonly phase: 'tasks';
  readonly node: string;
  readonly owner: Owner;
}

/** A node of `tasks`: its results are values for other nodes. */
export interface TaskNode<R extends Results> extends PipelineNode {
  readonly results: RefsOf<R, 'pipeline'>;
  /** `Succeeded`, `Failed` or `None`; only nodes of `finally` can read it. */
  readonly status: StringRef<'finally only'>;
  /** Why it ended so; only nodes of `finally` can read it. */
  readonly reason: StringRef<'finally only'>;
}

/** A fanned-out node: each string result is the list of all its runs' results. */
export interface MatrixNode<R extends Results> extends PipelineNode {
  readonly results: {
    readonly [N in keyof R as R[N]['type'] extends 'string' ? N : never]: ArrayRef<'pipeline'>;
  };
  readonly status: StringRef<'finally only'>;
  readonly reason: StringRef<'finally only'>;
}

/** A node of `finally`: only results of the pipeline can use its results. */
export interface FinallyNode<R extends Results> {
  readonly phase: 'finally';
  readonly node: string;
  readonly results: RefsOf<R, 'pipeline result only'>;
}

/** Options of a node besides params and workspaces. */
export interface NodeOptions<S extends Scope> {
  readonly displayName?: string | StringRef<S> | Text<S>;
  readonly description?: string;
  /** Skips the node, and what needs its results, unless all conditions hold. */
  readonly when?: When<S>;
  /** How often a failed run is tried again. Not together with `onError: 'continue'`. */
  readonly retries?: number;
  readonly timeout?: Duration;
  /** What a failure does to the pipeline. @default 'stopAndFail' */
  readonly onError?: 'continue' | 'stopAndFail';
  /** Writes the Task into the Pipeline instead of referring to it by name. @default false */
  readonly embed?: boolean;
}

export interface Ordered {
  /** Nodes that must finish first although no value comes from them. Nodes whose values are used need not be listed. */
  readonly after?: readonly PipelineNode[];
}

/** Arguments after the definition: optional when nothing in them is required. */
export type Rest<A> = Partial<A> extends A ? [options?: A] : [options: A];

export type StringNames<P extends Params> = { [N in keyof P]: P[N]['type'] extends 'string' ? N : never }[keyof P] &
  string;

/** The values to fan out over: a list of literals, or an array reference. */
export type Fan<S extends Scope> = ArrayRef<S> | readonly (string | StringRef<S> | Text<S> | ArrayItems<S>)[];

/** Options of a fanned-out node. */
export type MatrixOptions<
  P extends Params,
  W extends Workspaces,
  M extends string,
  I extends string,
> = NodeOptions<InTasks> &
  Ordered & {
    /** String params, each with the values to run with; every combination becomes one run, at most 256. */
    readonly over: { readonly [N in M]: Fan<InTasks> };
    /** Further combinations, or further params for some of them. */
    readonly include?: readonly {
      readonly name?: string;
      readonly params: { readonly [N in I]?: string | StringRef<InTasks> | Text<InTasks> };
    }[];
  } & NoInfer<Bound<Omit<P, M | I>, W, InTasks>>;

/** A Task that is fetched when the Pipeline runs. */
export interface RemoteTask {
  readonly resolver: Resolver;
  readonly params: { readonly [name: string]: string | StringRef<InTasks> | Text<InTasks> | readonly string[] };
}

/** What a remote Task declares: it must be written here, because nothing is fetched at synth. */
export interface Declared<P extends Params, R extends Results, W extends Workspaces> {
  readonly params?: P;
  readonly results?: R;
  readonly workspaces?: W;
}

/** A node without its types, as validation and rendering see it. */
export interface NodeDefinition {
  readonly name: string;
  readonly phase: 'tasks' | 'finally';
  readonly definition: TaskDefinition | RemoteDefinition;
  readonly options: NodeOptions<Scope> &
    Ordered & {
      readonly params?: { readonly [name: string]: unknown };
      readonly workspaces?: { readonly [name: string]: unknown };
      readonly over?: { readonly [name: string]: unknown };
      readonly include?: readonly { readonly name?: string; readonly params: { readonly [name: string]: unknown } }[];
    };
}

/** A remote Task with what it declares. */
export interface RemoteDefinition {
  readonly kind: 'RemoteTask';
  readonly source: RemoteTask;
  readonly params: Params;
  readonly results: Results;
  readonly workspaces: Workspaces;
}
