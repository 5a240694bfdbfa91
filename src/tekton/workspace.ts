import { stringRef } from './make-reference.js';
import type { Need } from './param.js';
import type { Owner, StringRef } from './reference.js';

/**
 * What a workspace is meant for. `volume` holds files that Tasks pass on, usually a PersistentVolumeClaim; `secret` and
 * `config` are small read-only bindings. A Task has at most one `volume`: with Tekton's default co-scheduling, a TaskRun
 * that mounts two claims fails.
 */
export type WorkspaceKind = 'volume' | 'secret' | 'config';

/** A directory that a Task or Pipeline expects. */
export interface WorkspaceDef<K extends WorkspaceKind = WorkspaceKind, N extends Need = Need> {
  readonly kind: K;
  readonly need: N;
  readonly description?: string;
  readonly readOnly?: boolean;
  readonly mountPath?: string;
}

/** Workspaces by name, each made by {@link workspace}. */
export type Workspaces = { readonly [name: string]: WorkspaceDef };

interface SmallOptions {
  readonly description?: string;
  /** Where the directory appears; the default is `/workspace/<name>`. */
  readonly mountPath?: string;
}

interface VolumeOptions extends SmallOptions {
  /** Whether steps only read from it. Secrets and configuration always are. */
  readonly readOnly?: boolean;
}

type Optional = { readonly optional: true };
type Required = { readonly optional?: false };

function volume(options: VolumeOptions & Optional): WorkspaceDef<'volume', 'optional'>;
function volume(options?: VolumeOptions & Required): WorkspaceDef<'volume', 'required'>;
function volume(options: VolumeOptions & { readonly optional?: boolean } = {}): WorkspaceDef<'volume'> {
  return define('volume', options);
}

function secret(options: SmallOptions & Optional): WorkspaceDef<'secret', 'optional'>;
function secret(options?: SmallOptions & Required): WorkspaceDef<'secret', 'required'>;
function secret(options: SmallOptions & { readonly optional?: boolean } = {}): WorkspaceDef<'secret'> {
  return define('secret', { readOnly: true, ...options });
}

function config(options: SmallOptions & Optional): WorkspaceDef<'config', 'optional'>;
function config(options?: SmallOptions & Required): WorkspaceDef<'config', 'required'>;
function config(options: SmallOptions & { readonly optional?: boolean } = {}): WorkspaceDef<'config'> {
  return define('config', { readOnly: true, ...options });
}

function define<K extends WorkspaceKind>(
  kind: K,
  options: VolumeOptions & { readonly optional?: boolean },
): WorkspaceDef<K> {
  const { optional, ...rest } = options;
  return { kind, need: optional === true ? 'optional' : 'required', ...rest };
}

/**
 * A directory that a Task or Pipeline expects: `workspace()` for files on a volume (at most one per Task),
 * `workspace.secret()` and `workspace.config()` for small read-only files such as credentials.
 *
 * @example
 * workspaces: {
 *   source: workspace({ description: 'The checked-out repository' }),
 *   ssh: workspace.secret({ optional: true, description: 'A kubernetes.io/ssh-auth secret' }),
 * }
 */
export const workspace = Object.assign(volume, { secret, config });

export const WORKSPACE: unique symbol = Symbol.for('octopipeline.workspace');

/** A workspace as the steps of its Task see it. */
export interface TaskWorkspace {
  readonly [WORKSPACE]: { readonly owner: Owner; readonly name: string; readonly mountPath: string };
  /** The directory; empty when the workspace is optional and not bound. */
  readonly path: StringRef<'task'>;
  /** `true` or `false`. */
  readonly bound: StringRef<'task'>;
  /** The name of the claim behind it, empty when there is none. */
  readonly claim: StringRef<'task'>;
  /** The name of the pod's volume, for `volumeMounts`. */
  readonly volume: StringRef<'task'>;
}

/** A workspace as the nodes of its Pipeline see it: a value to bind. */
export interface WorkspaceRef<K extends WorkspaceKind = WorkspaceKind, N extends Need = Need> {
  readonly [WORKSPACE]: { readonly owner: Owner; readonly name: string; readonly kind: K; readonly need: N };
}

/** The workspaces of a Task, for its steps. */
export function taskWorkspaces<W extends Workspaces>(
  definitions: W,
  owner: Owner,
): { readonly [N in keyof W]: TaskWorkspace } {
  const views: Record<string, TaskWorkspace> = {};
  for (const [name, { mountPath = `/workspace/${name}` }] of Object.entries(definitions)) {
    const variable = (field: string) =>
      stringRef({
        kind: 'string',
        scope: 'task',
        origin: 'workspace',
        owner,
        name,
        expression: `workspaces.${name}.${field}`,
      });
    const path = variable('path');
    views[name] = {
      [WORKSPACE]: { owner, name, mountPath },
      path,
      bound: variable('bound'),
      claim: variable('claim'),
      volume: variable('volume'),
    };
  }
  return views as { readonly [N in keyof W]: TaskWorkspace };
}

/** The workspaces of a Pipeline, for binding. */
export function pipelineWorkspaces<W extends Workspaces>(definitions: W, owner: Owner): WorkspaceRefs<W> {
  const refs: Record<string, WorkspaceRef> = {};
  for (const [name, { kind, need }] of Object.entries(definitions)) {
    refs[name] = { [WORKSPACE]: { owner, name, kind, need } };
  }
  return refs as WorkspaceRefs<W>;
}

export type WorkspaceRefs<W extends Workspaces> = {
  readonly [N in keyof W]: WorkspaceRef<W[N]['kind'], W[N]['need']>;
};
