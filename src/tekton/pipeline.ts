import type { Bound, BoundParams } from './bind.js';
import type { Duration } from './duration.js';
import { type Params, type RefOf, type RefsOf, refsTo } from './param.js';
import {
  type ArrayItems,
  type ArrayRef,
  arrayRef,
  named,
  type ObjectRef,
  type Owner,
  type Scope,
  type StringRef,
  stringRef,
  type Text,
} from './reference.js';
import type { Results } from './result.js';
import type { Resolver } from './step.js';
import type { TaskDefinition } from './task.js';
import type { When } from './when.js';
import { pipelineWorkspaces, type WorkspaceRefs, type Workspaces } from './workspace.js';

/** Where references of a `tasks` node may come from. */
type InTasks = 'pipeline';
/** Where references of a `finally` node may come from. */
type InFinally = 'pipeline' | 'finally only';
/** Where references of a pipeline result may come from. */
type InResults = 'pipeline' | 'pipeline result only';

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

/** A node of `finally`: only results of the pipeline can use what it gives. */
export interface FinallyNode<R extends Results> {
  readonly phase: 'finally';
  readonly node: string;
  readonly results: RefsOf<R, 'pipeline result only'>;
}

/** What a node may say beside params and workspaces. */
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

interface Ordered {
  /** Nodes that have to end first although no value comes from them. Edges of values need no mention. */
  readonly after?: readonly PipelineNode[];
}

/** Arguments after the definition: optional when nothing in them is required. */
type Rest<A> = Partial<A> extends A ? [options?: A] : [options: A];

type StringNames<P extends Params> = { [N in keyof P]: P[N]['type'] extends 'string' ? N : never }[keyof P] & string;

/** The values to fan out over: a list of literals, or an array reference. */
export type Fan<S extends Scope> = ArrayRef<S> | readonly (string | StringRef<S> | Text<S> | ArrayItems<S>)[];

/** What a fanned-out node may say. */
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

/** What a remote Task declares: this side has to say it, since nothing is fetched at synth. */
export interface Declared<P extends Params, R extends Results, W extends Workspaces> {
  readonly params?: P;
  readonly results?: R;
  readonly workspaces?: W;
}

type None = Record<never, never>;

/** The scope in which the nodes of a Pipeline are written. */
export interface PipelineScope<P extends Params, W extends Workspaces> {
  readonly params: RefsOf<P, 'pipeline'>;
  readonly workspaces: WorkspaceRefs<W>;
  readonly context: PipelineContext;
  /** `Succeeded`, `Failed`, `Completed` or `None` for all of `tasks` together; only `finally` can read it. */
  readonly status: StringRef<'finally only'>;

  /** Runs a Task once. */
  task<TP extends Params, TR extends Results, TW extends Workspaces>(
    node: string,
    definition: TaskDefinition<TP, TR, TW>,
    ...options: Rest<NoInfer<NodeOptions<InTasks> & Ordered & Bound<TP, TW, InTasks>>>
  ): TaskNode<TR>;

  /** Runs a Task for every combination of values. */
  matrix<
    TP extends Params,
    TR extends Results,
    TW extends Workspaces,
    const M extends StringNames<TP>,
    const I extends StringNames<TP> = never,
  >(node: string, definition: TaskDefinition<TP, TR, TW>, options: MatrixOptions<TP, TW, M, I>): MatrixNode<TR>;

  /** Runs a Task after all others, whether they succeeded or not. */
  finally<TP extends Params, TR extends Results, TW extends Workspaces>(
    node: string,
    definition: TaskDefinition<TP, TR, TW>,
    ...options: Rest<NoInfer<NodeOptions<InFinally> & Bound<TP, TW, InFinally>>>
  ): FinallyNode<TR>;

  /** Runs a Task that a resolver fetches. */
  remote<const TP extends Params = None, const TR extends Results = None, const TW extends Workspaces = None>(
    node: string,
    source: RemoteTask,
    declared: Declared<TP, TR, TW>,
    ...options: Rest<NoInfer<Omit<NodeOptions<InTasks>, 'embed'> & Ordered & Bound<TP, TW, InTasks>>>
  ): TaskNode<TR>;
}

/** What Tekton tells a Pipeline about its run. */
export interface PipelineContext {
  readonly pipelineRun: {
    readonly name: StringRef<'pipeline'>;
    readonly namespace: StringRef<'pipeline'>;
    readonly uid: StringRef<'pipeline'>;
  };
  readonly pipeline: { readonly name: StringRef<'pipeline'> };
  readonly pipelineTask: { readonly retries: StringRef<'pipeline'> };
}

/** What a pipeline result can be. */
export type OutputValue = StringRef<InResults> | Text<InResults> | ArrayRef<InResults> | ObjectRef<never, InResults>;

/** A pipeline result, with a description if it has one. */
export type Output = OutputValue | { readonly value: OutputValue; readonly description: string };

export type Outputs = { readonly [name: string]: Output };

export interface PipelineOptions<P extends Params, W extends Workspaces> {
  readonly displayName?: string;
  readonly description?: string;
  readonly params?: P;
  readonly workspaces?: W;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
}

/** The untyped inside of a node, as validation and rendering see it. */
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

/** A Pipeline as a value. `toPipeline` renders it. */
export interface PipelineDefinition<
  P extends Params = Params,
  W extends Workspaces = Workspaces,
  O extends Outputs = Outputs,
> {
  readonly kind: 'Pipeline';
  readonly name: string;
  readonly owner: Owner;
  readonly displayName?: string;
  readonly description?: string;
  readonly params: P;
  readonly workspaces: W;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  readonly nodes: readonly NodeDefinition[];
  readonly outputs: O;
  readonly unknown: readonly string[];
}

/**
 * Defines a Pipeline. Nodes are added by calling `p.task` and its siblings; the values they return connect them, so
 * an edge never has to be written and a cycle cannot be.
 *
 * @example
 * export const ci = pipeline('ci', { params: { repo: param.string() }, workspaces: { source: workspace() } }, (p) => {
 *   const clone = p.task('clone', gitClone, {
 *     params: { url: p.params.repo }, workspaces: { output: p.workspaces.source },
 *   });
 *   const build = p.task('build', buildPush, {
 *     params: { revision: clone.results.commit }, workspaces: { source: p.workspaces.source },
 *   });
 *   return { IMAGE_URL: { value: build.results.IMAGE_URL, description: 'Where the image is' } };
 * });
 */
export function pipeline<
  const P extends Params = None,
  const W extends Workspaces = None,
  const O extends Outputs = None,
>(
  name: string,
  options: PipelineOptions<P, W>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a body without results returns nothing
  body: (p: PipelineScope<P, W>) => O | void,
): PipelineDefinition<P, W, O> {
  const owner: Owner = { kind: 'Pipeline', name };
  const { params = {} as P, workspaces = {} as W, displayName, description, labels, annotations, ...others } = options;
  const nodes: NodeDefinition[] = [];
  const outputs = body(scopeOf(params, workspaces, owner, nodes));
  return {
    kind: 'Pipeline',
    name,
    owner,
    ...(displayName === undefined ? {} : { displayName }),
    ...(description === undefined ? {} : { description }),
    params,
    workspaces,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    nodes,
    outputs: (outputs ?? {}) as O,
    unknown: Object.keys(others),
  };
}

function scopeOf<P extends Params, W extends Workspaces>(
  params: P,
  workspaces: W,
  owner: Owner,
  nodes: NodeDefinition[],
): PipelineScope<P, W> {
  const status = (expression: string, node?: string) =>
    stringRef({
      kind: 'string',
      scope: 'finally only',
      origin: 'status',
      owner,
      name: expression,
      expression,
      ...(node === undefined ? {} : { node }),
    });
  const ended = (node: string) => ({
    phase: 'tasks' as const,
    node,
    owner,
    status: status(`tasks.${node}.status`, node),
    reason: status(`tasks.${node}.reason`, node),
  });
  const outcome = <R extends Results>(node: string, results: R): RefsOf<R, 'pipeline'> =>
    refsTo(results, { prefix: `tasks.${node}.results`, scope: 'pipeline', origin: 'task result', owner, node });
  return {
    params: refsTo(params, { prefix: 'params', scope: 'pipeline', origin: 'param', owner }),
    workspaces: pipelineWorkspaces(workspaces, owner),
    context: pipelineContext(owner),
    status: status('tasks.status'),
    task(node, definition, options = {} as never) {
      nodes.push({ name: node, phase: 'tasks', definition, options: options as NodeDefinition['options'] });
      return { ...ended(node), results: outcome(node, definition.results) };
    },
    matrix<TP extends Params, TR extends Results, TW extends Workspaces>(
      node: string,
      definition: TaskDefinition<TP, TR, TW>,
      options: unknown,
    ) {
      nodes.push({ name: node, phase: 'tasks', definition, options: options as NodeDefinition['options'] });
      return { ...ended(node), results: listsOf(node, definition.results, owner) };
    },
    finally(node, definition, options = {} as never) {
      nodes.push({ name: node, phase: 'finally', definition, options: options as NodeDefinition['options'] });
      const place = {
        prefix: `finally.${node}.results`,
        scope: 'pipeline result only',
        origin: 'task result',
      } as const;
      return { phase: 'finally', node, results: refsTo(definition.results, { ...place, owner, node }) };
    },
    remote<TP extends Params, TR extends Results, TW extends Workspaces>(
      node: string,
      source: RemoteTask,
      declared: Declared<TP, TR, TW>,
      options: unknown = {},
    ) {
      const results = declared.results ?? ({} as TR);
      const definition: RemoteDefinition = {
        kind: 'RemoteTask',
        source,
        params: declared.params ?? {},
        results,
        workspaces: declared.workspaces ?? {},
      };
      nodes.push({ name: node, phase: 'tasks', definition, options: options as NodeDefinition['options'] });
      return { ...ended(node), results: outcome(node, results) };
    },
  };
}

function listsOf<R extends Results>(node: string, results: R, owner: Owner): MatrixNode<R>['results'] {
  const lists: Record<string, ArrayRef<'pipeline'>> = {};
  for (const [name, { type }] of Object.entries(results)) {
    if (type !== 'string') continue;
    const expression = named(`tasks.${node}.results`, name);
    const place = { scope: 'pipeline', origin: 'task result', owner, node, name, expression, fanned: true } as const;
    lists[name] = arrayRef({ kind: 'array', ...place });
  }
  return lists as MatrixNode<R>['results'];
}

function pipelineContext(owner: Owner): PipelineContext {
  const variable = (expression: string) =>
    stringRef({ kind: 'string', scope: 'pipeline', origin: 'context', owner, name: expression, expression });
  return {
    pipelineRun: {
      name: variable('context.pipelineRun.name'),
      namespace: variable('context.pipelineRun.namespace'),
      uid: variable('context.pipelineRun.uid'),
    },
    pipeline: { name: variable('context.pipeline.name') },
    pipelineTask: { retries: variable('context.pipelineTask.retries') },
  };
}

export type { BoundParams, RefOf };
