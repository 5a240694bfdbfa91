import type { NodeDefinition } from '../node.js';
import type { PipelineDefinition } from '../pipeline.js';
import type { Report } from '../problem.js';
import { isRecord } from '../record.js';
import { boundTo } from '../render/pipeline.js';
import type { RunBinding } from '../run.js';
import { WORKSPACE, type Workspaces } from '../workspace.js';
import { checkFields, reportUndefined } from './known-fields.js';
import { checkSubdomain, didYouMean } from './names.js';
import type { ValidateOptions } from './options.js';
import { amountOf, checkQuantity } from './resources.js';
import { checkPlain } from './strings.js';
import { checkItems, checkSubPath, checkVolumeSource } from './volumes.js';

const claims = ['persistentVolumeClaim', 'volumeClaimTemplate'];
const volumeSources = [...claims, 'emptyDir', 'secret', 'configMap', 'projected', 'csi'];
const accessModes = ['ReadWriteOnce', 'ReadWriteMany', 'ReadOnlyMany', 'ReadWriteOncePod'];

type Given = { readonly [name: string]: RunBinding };

/** Checks what a run binds to the workspaces of its Task or Pipeline. */
export function checkRunWorkspaces(given: Given, declared: Workspaces, owner: string, report: Report): void {
  for (const [name, binding] of Object.entries(given)) {
    const path = `workspaces.${name}`;
    const definition = declared[name];
    if (binding === undefined) reportUndefined(path, report);
    else if (definition === undefined) {
      report(path, `"${name}" is not a workspace of ${owner}`, didYouMean(name, Object.keys(declared)));
    } else if (!isRecord(binding)) report(path, 'is not a binding', 'write { persistentVolumeClaim: NAME }');
    else checkBinding(binding, definition.kind, path, report);
  }
  for (const [name, { need }] of Object.entries(declared)) {
    if (need === 'required' && !(name in given)) {
      report(`workspaces.${name}`, `the workspace "${name}" of ${owner} is required but not bound`);
    }
  }
}

function checkBinding(
  binding: { readonly [field: string]: unknown },
  kind: string,
  path: string,
  report: Report,
): void {
  checkFields(binding, 'runBinding', path, report);
  const sources = Object.keys(binding).filter((field) => volumeSources.includes(field));
  if (sources.length !== 1) {
    const hint = `use one of: ${volumeSources.join(', ')}`;
    report(path, `has ${sources.length} sources; a workspace has exactly one`, hint);
  }
  if (kind !== 'volume' && sources.some((field) => claims.includes(field))) {
    report(path, `is a ${kind} workspace, but is bound to a claim`, 'bind a Secret or a ConfigMap');
  }
  for (const [field, value] of Object.entries(binding)) if (value === '') report(`${path}.${field}`, 'is empty');
  for (const field of ['persistentVolumeClaim', 'secret', 'configMap']) {
    const name = binding[field];
    if (typeof name === 'string' && name !== '' && !name.includes('$('))
      checkSubdomain(name, `${path}.${field}`, report);
  }
  const { projected, csi, emptyDir, items, volumeClaimTemplate } = binding;
  if (Array.isArray(projected) && projected.length === 0) report(`${path}.projected`, 'has no sources');
  if (isRecord(csi) && csi.driver === '') report(`${path}.csi.driver`, 'is empty');
  if (projected !== undefined) checkVolumeSource(projected, '[]core/v1.VolumeProjection', `${path}.projected`, report);
  if (csi !== undefined) checkVolumeSource(csi, 'core/v1.CSIVolumeSource', `${path}.csi`, report);
  if (emptyDir !== undefined) checkVolumeSource(emptyDir, 'core/v1.EmptyDirVolumeSource', `${path}.emptyDir`, report);
  if (items !== undefined) checkVolumeSource(items, '[]core/v1.KeyToPath', `${path}.items`, report);
  if (Array.isArray(items)) checkItems(items, `${path}.items`, report);
  if (isRecord(volumeClaimTemplate)) checkClaim(volumeClaimTemplate, `${path}.volumeClaimTemplate`, report);
  checkSubPath(binding.subPath, `${path}.subPath`, report);
  for (const field of ['persistentVolumeClaim', 'secret', 'configMap', 'subPath']) {
    checkPlain(binding[field], `${path}.${field}`, report);
  }
}

function checkClaim(claim: { readonly [field: string]: unknown }, path: string, report: Report): void {
  checkFields(claim, 'claimTemplate', path, report);
  checkQuantity(claim.storage, `${path}.storage`, report);
  if (amountOf(claim.storage) === 0) report(`${path}.storage`, 'is 0; a claim needs room', 'write 1Gi');
  const modes = claim.accessModes;
  if (!Array.isArray(modes)) return;
  modes.forEach((mode: unknown, index) => {
    if (typeof mode === 'string' && accessModes.includes(mode)) return;
    report(
      `${path}.accessModes[${index}]`,
      `"${String(mode)}" is not an access mode`,
      `use: ${accessModes.join(', ')}`,
    );
  });
}

/** What a binding is a claim of, so that two bindings of one claim count as one; undefined when it is no claim. */
function claimOf(name: string, binding: RunBinding | undefined): string | undefined {
  if (typeof binding !== 'object' || binding === null) return undefined;
  if ('volumeClaimTemplate' in binding) return `template of ${name}`;
  return 'persistentVolumeClaim' in binding ? binding.persistentVolumeClaim : undefined;
}

/** Checks that no TaskRun mounts two claims: with Tekton's default `coschedule` it fails. */
export function checkClaims(
  given: Given,
  names: readonly string[],
  path: string,
  { allow = [] }: ValidateOptions,
  report: Report,
): void {
  const found = new Set(names.flatMap((name) => claimOf(name, given[name]) ?? []));
  if (found.size < 2 || allow.includes('two-claims')) return;
  report(path, `mounts ${found.size} claims (${names.join(', ')}); a TaskRun with two claims fails`, twoClaims);
}

const twoClaims =
  "bind an emptyDir, or one claim with a subPath for each; or allow: ['two-claims'] if coschedule is off";

/** Checks what each node of a Pipeline gets when a run binds its workspaces. */
export function checkNodeWorkspaces(
  pipeline: PipelineDefinition,
  given: Given,
  options: ValidateOptions,
  report: Report,
): void {
  for (const node of pipeline.nodes) {
    checkClaims(given, workspacesOf(node), `workspaces of node ${node.name}`, options, report);
  }
  for (const [name, binding] of Object.entries(given)) {
    if (!isRecord(binding) || !('emptyDir' in binding) || pipeline.workspaces[name]?.kind !== 'volume') continue;
    const sharing = pipeline.nodes.filter((node) => needsFiles(node, name)).map((node) => node.name);
    if (sharing.length < 2) continue;
    const hint = 'bind a claim: volumeClaimTemplate makes one for the run';
    report(
      `workspaces.${name}`,
      `is an emptyDir, but each of ${sharing.join(', ')} gets an empty one of its own`,
      hint,
    );
  }
}

/** Whether a node of `tasks` cannot do without a workspace; one of finally may look for what is left, and find nothing. */
function needsFiles({ phase, definition, options }: NodeDefinition, workspace: string): boolean {
  if (phase === 'finally') return false;
  return Object.entries(options.workspaces ?? {}).some(([name, binding]) => {
    if (typeof binding !== 'object' || binding === null) return false;
    const bound = boundTo(binding).workspace?.[WORKSPACE]?.name;
    return bound === workspace && definition.workspaces[name]?.need === 'required';
  });
}

/** The workspaces of the Pipeline that a node binds. */
function workspacesOf({ options }: NodeDefinition): readonly string[] {
  return Object.values(options.workspaces ?? {}).flatMap((binding) => {
    if (typeof binding !== 'object' || binding === null) return [];
    return boundTo(binding).workspace?.[WORKSPACE]?.name ?? [];
  });
}
