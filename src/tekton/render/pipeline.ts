import { stored } from '../duration.js';
import type { NodeDefinition } from '../node.js';
import type { Output, OutputValue, PipelineDefinition } from '../pipeline.js';
import { partsOf, referenceOf, written } from '../reference.js';
import type {
  WireMatrix,
  WirePipeline,
  WirePipelineResult,
  WirePipelineSpec,
  WirePipelineTask,
} from '../wire/pipeline.js';
import { WORKSPACE, type WorkspaceRef } from '../workspace.js';
import { paramSpecs, workspaceSpecs } from './declare.js';
import { fields, some } from './fields.js';
import { metadataOf, wireTaskSpec } from './task.js';
import { wireParams, wireValue, wireWhen } from './value.js';

/** The Pipeline as an object of the cluster. */
export function wirePipeline(pipeline: PipelineDefinition): WirePipeline {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: metadataOf(pipeline),
    spec: wirePipelineSpec(pipeline),
  };
}

/** The spec of a Pipeline, by itself or inside a run. */
export function wirePipelineSpec(pipeline: PipelineDefinition): WirePipelineSpec {
  const nodes = (phase: 'tasks' | 'finally') => pipeline.nodes.filter((node) => node.phase === phase).map(wireNode);
  return fields<WirePipelineSpec>({
    displayName: pipeline.displayName,
    description: pipeline.description,
    params: some(paramSpecs(pipeline.params)),
    workspaces: some(
      workspaceSpecs(pipeline.workspaces).map(({ name, description, optional }) =>
        fields({ name, description, optional }),
      ),
    ),
    results: some(Object.entries(pipeline.outputs).map(([name, output]) => wireResult(name, output))),
    tasks: nodes('tasks'),
    finally: some(nodes('finally')),
  });
}

function wireNode(node: NodeDefinition): WirePipelineTask {
  const { definition, options } = node;
  const embedded = definition.kind === 'Task' && options.embed === true ? embeddedSpec(definition) : undefined;
  return fields<WirePipelineTask>({
    name: node.name,
    displayName: options.displayName === undefined ? undefined : written(options.displayName),
    description: options.description,
    taskRef: embedded === undefined ? taskRef(definition) : undefined,
    when: some(wireWhen(options.when)),
    runAfter: some(orderOnly(node)),
    params: some(wireParams(embedded === undefined ? options.params : withDefaults(node))),
    matrix: wireMatrix(options),
    workspaces: some(wireBindings(options.workspaces)),
    retries: options.retries,
    timeout: stored(options.timeout),
    onError: options.onError,
    taskSpec: embedded,
  });
}

/**
 * The params of an embedded Task, with its defaults. In an embedded Task, Tekton replaces `$(params.mode)` by the Pipeline's param of that
 * name, whatever the default of the Task is, unless the node gives the param (`propagateParams` of its PipelineRun reconciler).
 */
function withDefaults({ definition, options }: NodeDefinition): NodeDefinition['options']['params'] {
  const given = options.params ?? {};
  const elsewhere = [...Object.keys(options.over ?? {}), ...includedParams(options)];
  const defaults = Object.entries(definition.params)
    .filter(([name, param]) => param.default !== undefined && !(name in given) && !elsewhere.includes(name))
    .map(([name, param]) => [name, param.default]);
  return { ...given, ...Object.fromEntries(defaults) };
}

/** The params that only some runs of a matrix get. */
export function includedParams({ include = [] }: NodeDefinition['options']): readonly string[] {
  return include.flatMap(({ params }) => Object.keys(params));
}

function taskRef(definition: NodeDefinition['definition']): WirePipelineTask['taskRef'] {
  return definition.kind === 'Task'
    ? { name: definition.name, kind: 'Task' }
    : { resolver: definition.source.resolver, params: wireParams(definition.source.params) };
}

function embeddedSpec(
  definition: Extract<NodeDefinition['definition'], { kind: 'Task' }>,
): WirePipelineTask['taskSpec'] {
  const { labels, annotations } = metadataOf(definition);
  const metadata = fields({ labels, annotations });
  return { ...(Object.keys(metadata).length === 0 ? {} : { metadata }), ...wireTaskSpec(definition) };
}

function wireMatrix(options: NodeDefinition['options']): WireMatrix | undefined {
  if (options.over === undefined && options.include === undefined) return undefined;
  return fields<WireMatrix>({
    params: some(wireParams(options.over)),
    include: options.include?.map(({ name, params }) => fields({ name, params: wireParams(params) })),
  });
}

function wireBindings(bindings: { readonly [name: string]: unknown } | undefined): WirePipelineTask['workspaces'] {
  return Object.entries(bindings ?? {})
    .filter(([, binding]) => binding !== undefined)
    .map(([name, binding]) => {
      const { workspace, subPath } = boundTo(binding);
      return fields({
        name,
        workspace: workspace[WORKSPACE].name,
        subPath: subPath === undefined ? undefined : written(subPath),
      });
    });
}

/** The pipeline workspace behind a binding, and the directory in it. */
export function boundTo(binding: unknown): { readonly workspace: WorkspaceRef; readonly subPath?: unknown } {
  const given = binding as WorkspaceRef | { readonly workspace: WorkspaceRef; readonly subPath: unknown };
  return 'workspace' in given ? given : { workspace: given };
}

/**
 * The nodes to run after that Tekton does not see by itself. It reads edges from results in params, matrix and
 * conditions (`PipelineTask.Deps`), but not from those in a subPath, a display name or the params of a resolver.
 */
function orderOnly({ phase, definition, options }: NodeDefinition): readonly string[] {
  if (phase === 'finally') return [];
  const seen = new Set(nodesIn([options.params, options.over, options.include, options.when?.conditions]));
  const elsewhere = nodesIn([
    Object.values(options.workspaces ?? {}).map((binding) => boundTo(binding).subPath),
    options.displayName,
    definition.kind === 'RemoteTask' ? definition.source.params : undefined,
  ]);
  const wanted = [...(options.after ?? []).map((other) => other.node), ...elsewhere];
  return [...new Set(wanted)].filter((name) => !seen.has(name));
}

/** The nodes whose results are used in some values. */
function nodesIn(values: readonly unknown[]): readonly string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    const reference = referenceOf(value);
    if (reference !== undefined) {
      if (reference.node !== undefined) found.push(reference.node);
      return;
    }
    const parts = partsOf(value);
    if (parts !== undefined) for (const part of parts) visit(part);
    else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) visit(inner);
  };
  visit(values);
  return found;
}

function wireResult(name: string, output: Output): WirePipelineResult {
  const { value, description } = outputOf(output);
  const kind = referenceOf(value)?.kind ?? 'string';
  return fields<WirePipelineResult>({
    name,
    type: kind === 'string' ? undefined : kind,
    description,
    value: String(wireValue(value)),
  });
}

/** The value of a pipeline result, and its description. */
export function outputOf(output: Output): { readonly value: OutputValue; readonly description?: string } {
  if (referenceOf(output) !== undefined || partsOf(output) !== undefined) return { value: output as OutputValue };
  return output as { readonly value: OutputValue; readonly description: string };
}
