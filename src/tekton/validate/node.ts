import type { NodeDefinition, RemoteTask } from '../node.js';
import type { PipelineDefinition } from '../pipeline.js';
import { below, type Report } from '../problem.js';
import { boundTo, includedParams } from '../render/pipeline.js';
import { WORKSPACE } from '../workspace.js';
import { checkBoundParams } from './bind.js';
import { checkFields, reportUndefined } from './known-fields.js';
import { checkMatrix } from './matrix.js';
import { checkLabel, checkObjectName, didYouMean } from './names.js';
import type { ValidateOptions } from './options.js';
import { checkSkipped } from './skipped.js';
import { checkOnError, checkSource, checkTimeout } from './step.js';
import { checkPlain, checkString, type Judge } from './strings.js';
import { checkTaskSpec } from './task.js';
import { checkSubPath } from './volumes.js';
import { checkWhen } from './when.js';

/** Checks one node of a Pipeline. */
export function checkNode(
  node: NodeDefinition,
  pipeline: PipelineDefinition,
  judge: Judge,
  options: ValidateOptions,
  report: Report,
): void {
  const { definition, options: given } = node;
  const owner = ownerOf(node);
  checkLabel(node.name, '', report);
  checkFields(given, node.phase === 'tasks' ? 'tasksNode' : 'finallyNode', '', report);
  if (given.displayName !== undefined) checkString(given.displayName, 'displayName', judge, report);
  checkPlain(given.description, 'description', report);
  checkTimeout(given.timeout, 'timeout', report);
  checkRetries(given, report);
  checkOnError(given.onError, report);
  checkWhen(given.when, judge, options, report);
  checkAfter(node, pipeline, report);
  const fanned = fannedNames(given);
  checkBoundParams(given.params, definition.params, owner, judge, report, fanned);
  checkMatrix(given, definition.params, owner, judge, report);
  checkBindings(node, pipeline, judge, report);
  checkSkipped(pipeline, node, report);
  if (definition.kind === 'RemoteTask') checkRemote(definition.source, judge, report);
  else if (given.embed === true) {
    checkPropagated(node, pipeline, report);
    checkTaskSpec(definition, options, below(report, 'taskSpec'));
  } else checkObjectName(definition.name, 'taskRef', report);
}

/** What Tekton puts into an embedded Task by name, although the node does not say so (docs/pipelineruns.md, propagation). */
function checkPropagated({ definition, options }: NodeDefinition, pipeline: PipelineDefinition, report: Report): void {
  for (const name of Object.keys(definition.workspaces)) {
    if (options.workspaces?.[name] !== undefined || pipeline.workspaces[name] === undefined) continue;
    report(
      `workspaces.${name}`,
      `is not bound, but Tekton binds the Pipeline's workspace "${name}" to an embedded Task`,
      'bind it, rename one of the two, or leave out embed',
    );
  }
  for (const name of includedParams(options)) {
    if (name in (options.over ?? {}) || pipeline.params[name] === undefined) continue;
    report(
      `include.${name}`,
      `runs that it is not given to get the Pipeline's param "${name}", because the Task is embedded`,
      'rename one of the two, or leave out embed',
    );
  }
}

/** The params of Tekton's own resolvers: pkg/remoteresolution/resolver of each. */
const resolverParams: Readonly<Record<string, readonly string[]>> = {
  git: 'url revision pathInRepo org repo repoURL scmType serverURL token tokenKey gitToken gitTokenKey configKey'.split(
    ' ',
  ),
  bundles: ['bundle', 'name', 'kind', 'serviceAccount', 'secret', 'cache'],
  hub: ['catalog', 'type', 'kind', 'name', 'version', 'url', 'cache'],
  http: ['url', 'http-username', 'http-password-secret', 'http-password-secret-key', 'cache'],
  cluster: ['kind', 'name', 'namespace', 'cache'],
};

/** Checks where a Task is fetched from; a cluster can have other resolvers, whose params are unknown here. */
function checkRemote(source: RemoteTask, judge: Judge, report: Report): void {
  checkFields(source, 'remoteTask', 'taskRef', report);
  const known = resolverParams[source.resolver];
  for (const name of Object.keys(source.params)) {
    if (known === undefined || known.includes(name)) continue;
    report(
      `taskRef.params.${name}`,
      `"${name}" is not a param of the resolver "${source.resolver}"`,
      didYouMean(name, known),
    );
  }
  checkSource(source.params, 'taskRef.params', judge, report);
}

/** How messages name the Task of a node. */
function ownerOf({ name, definition }: NodeDefinition): string {
  return definition.kind === 'Task' ? `task "${definition.name}"` : `the remote task of "${name}"`;
}

/** Params that a matrix gives. */
function fannedNames(given: NodeDefinition['options']): readonly string[] {
  return [...Object.keys(given.over ?? {}), ...includedParams(given)];
}

function checkRetries(given: NodeDefinition['options'], report: Report): void {
  const { retries } = given;
  if (retries === undefined) return;
  if (!Number.isInteger(retries) || retries < 0)
    report('retries', `is ${retries}; it must be a whole number, 0 or more`);
  if (retries > 0 && given.onError === 'continue') {
    report('onError', "is 'continue' together with retries, which Tekton refuses", 'keep one of the two');
  }
}

function checkAfter(node: NodeDefinition, pipeline: PipelineDefinition, report: Report): void {
  if (node.phase === 'finally') return;
  node.options.after?.forEach((other, index) => {
    const path = `after[${index}]`;
    const phase: unknown = other?.phase;
    if (phase === 'finally') report(path, `"${other.node}" runs in finally, after all tasks`, 'remove it');
    else if (phase !== 'tasks') report(path, 'is not a node', 'pass what p.task(...) returned');
    else if (other.owner !== pipeline.owner) {
      report(
        path,
        `"${other.node}" is not in this Pipeline, but in "${other.owner.name}"`,
        'pass a node of this Pipeline',
      );
    }
  });
}

/** Checks that each workspace of the Task gets one of the Pipeline that can serve it. */
function checkBindings(node: NodeDefinition, pipeline: PipelineDefinition, judge: Judge, report: Report): void {
  const { definition, options } = node;
  const owner = ownerOf(node);
  const given = options.workspaces ?? {};
  for (const [name, binding] of Object.entries(given)) {
    const path = `workspaces.${name}`;
    if (binding === undefined) {
      reportUndefined(path, report);
      continue;
    }
    const declared = definition.workspaces[name];
    if (declared === undefined) {
      report(path, `"${name}" is not a workspace of ${owner}`, didYouMean(name, Object.keys(definition.workspaces)));
    } else checkBinding(binding, declared, path, pipeline, judge, report);
  }
  for (const [name, { need }] of Object.entries(definition.workspaces)) {
    if (need === 'required' && !(name in given)) {
      report(`workspaces.${name}`, `the workspace "${name}" of ${owner} is required but not bound`);
    }
  }
}

function checkBinding(
  binding: unknown,
  declared: NodeDefinition['definition']['workspaces'][string],
  path: string,
  pipeline: PipelineDefinition,
  judge: Judge,
  report: Report,
): void {
  const given = typeof binding === 'object' && binding !== null ? boundTo(binding) : undefined;
  const workspace = given?.workspace?.[WORKSPACE];
  if (workspace === undefined || !('kind' in workspace)) {
    report(path, 'is not a workspace of the Pipeline', 'bind p.workspaces.name');
    return;
  }
  if (workspace.owner !== pipeline.owner) {
    report(path, `"${workspace.name}" is a workspace of "${workspace.owner.name}"`, 'declare it in this Pipeline too');
  } else if (declared.need === 'required' && workspace.need === 'optional') {
    report(path, `is required, but "${workspace.name}" is optional`, 'make the workspace of the Pipeline required');
  }
  if (declared.kind !== workspace.kind) {
    report(path, `is a ${declared.kind} workspace, but "${workspace.name}" is a ${workspace.kind} workspace`);
  }
  if (typeof binding === 'object' && binding !== null && 'workspace' in binding) {
    checkFields(binding, 'nodeBinding', path, report);
  }
  if (given?.subPath !== undefined) {
    checkString(given.subPath, `${path}.subPath`, judge, report);
    checkSubPath(given.subPath, `${path}.subPath`, report);
  }
}
