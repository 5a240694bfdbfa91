import type { Bound } from './bind.js';
import { arrayRef, named, stringRef } from './make-reference.js';
import type {
  Declared,
  FinallyNode,
  InFinally,
  InTasks,
  MatrixNode,
  MatrixOptions,
  NodeDefinition,
  NodeOptions,
  Ordered,
  RemoteDefinition,
  RemoteTask,
  Rest,
  StringNames,
  TaskNode,
} from './node.js';
import { type Params, type RefsOf, refsTo } from './param.js';
import type { ArrayRef, Owner, StringRef } from './reference.js';
import type { Results } from './result.js';
import type { TaskDefinition } from './task.js';
import { assertKind } from './well-formed.js';
import { pipelineWorkspaces, type WorkspaceRefs, type Workspaces } from './workspace.js';

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

/** How one node, and all nodes together, can have ended. Source: Tekton, docs/variables.md. */
const ofOne = ['Succeeded', 'Failed', 'None'];
const ofAll = ['Succeeded', 'Failed', 'Completed', 'None'];

/** The scope of a Pipeline; each call on it adds a node to `nodes`. */
export function scopeOf<P extends Params, W extends Workspaces>(
  params: P,
  workspaces: W,
  owner: Owner,
  nodes: NodeDefinition[],
): PipelineScope<P, W> {
  const root = `pipeline/${owner.name}`;
  const status = (expression: string, node?: string, values?: readonly string[]) =>
    stringRef({
      kind: 'string',
      scope: 'finally only',
      origin: 'status',
      owner,
      name: expression,
      expression,
      ...(node === undefined ? {} : { node }),
      ...(values === undefined ? {} : { values }),
    });
  const ended = (node: string) => ({
    phase: 'tasks' as const,
    node,
    owner,
    status: status(`tasks.${node}.status`, node, ofOne),
    reason: status(`tasks.${node}.reason`, node),
  });
  const outcome = <R extends Results>(node: string, results: R): RefsOf<R, 'pipeline'> =>
    refsTo(results, { prefix: `tasks.${node}.results`, scope: 'pipeline', origin: 'task result', owner, node });
  return {
    params: refsTo(params, { prefix: 'params', scope: 'pipeline', origin: 'param', owner }),
    workspaces: pipelineWorkspaces(workspaces, owner),
    context: pipelineContext(owner),
    status: status('tasks.status', undefined, ofAll),
    task(node, definition, options = {} as never) {
      assertKind(`${root} > ${node}`, definition, 'Task');
      nodes.push({ name: node, phase: 'tasks', definition, options: options as NodeDefinition['options'] });
      return { ...ended(node), results: outcome(node, definition.results) };
    },
    matrix<TP extends Params, TR extends Results, TW extends Workspaces>(
      node: string,
      definition: TaskDefinition<TP, TR, TW>,
      options: unknown,
    ) {
      assertKind(`${root} > ${node}`, definition, 'Task');
      nodes.push({ name: node, phase: 'tasks', definition, options: options as NodeDefinition['options'] });
      return { ...ended(node), results: listsOf(node, definition.results, owner) };
    },
    finally(node, definition, options = {} as never) {
      assertKind(`${root} > ${node}`, definition, 'Task');
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
