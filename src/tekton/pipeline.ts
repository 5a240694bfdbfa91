import type { InResults, NodeDefinition } from './node.js';
import type { Params } from './param.js';
import { type PipelineScope, scopeOf } from './pipeline-scope.js';
import { absentKeys } from './record.js';
import type { ArrayRef, ObjectRef, Owner, StringRef, Text } from './reference.js';
import type { Workspaces } from './workspace.js';

export type {
  Declared,
  FinallyNode,
  MatrixNode,
  NodeDefinition,
  NodeOptions,
  PipelineNode,
  RemoteTask,
  TaskNode,
} from './node.js';
export type { PipelineScope } from './pipeline-scope.js';

type None = Record<never, never>;

/** What a pipeline result can be. */
export type OutputValue = StringRef<InResults> | Text<InResults> | ArrayRef<InResults> | ObjectRef<never, InResults>;

/** A pipeline result, with a description if it has one. */
export type Output = OutputValue | { readonly value: OutputValue; readonly description: string };

/** What the body of a Pipeline returns: its results by name. */
export type Outputs = { readonly [name: string]: Output };

/** Options of {@link pipeline}, besides the body that adds its nodes. */
export interface PipelineOptions<P extends Params, W extends Workspaces> {
  readonly displayName?: string;
  readonly description?: string;
  readonly params?: P;
  readonly workspaces?: W;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
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
  /** Options that were given without a value. */
  readonly absent: readonly string[];
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
    absent: absentKeys(options),
  };
}
