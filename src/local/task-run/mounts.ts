import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { delimiter, join, normalize, resolve } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import { entryOf, within } from '../../op/kit/files/path.js';

import type { BoundWorkspace, TaskRunRequest } from '../contract.js';
import { below } from '../workspaces/below.js';
import { usesStore } from './cluster-token.js';
import { podPaths } from './pod-paths.js';
import type { Sidecar, Spec, Step } from './task-spec.js';
import { workspaceVolumes } from './workspace-volumes.js';

/** What a container sees at a path: a file or directory of this machine. */
export interface Mount {
  readonly path: string;
  readonly source: string;
  readonly readOnly: boolean;
  /** The directory that the source is in, for a `subPath`: steps that have the whole volume may change what is there. */
  readonly volume?: string;
  /** What runs at the same time may change what is in it. */
  readonly shared?: boolean;
}

const inVolume = ({ volume }: BoundWorkspace) => (volume === undefined ? {} : { volume });

const inRun = ({ directory }: TaskRunRequest, ...parts: string[]) => join(directory, ...parts);

/** Directories that all steps of a TaskRun share, and that a pod has without being asked. */
const shared = {
  workspace: podPaths.workspace,
  home: podPaths.home,
  results: podPaths.results,
  artifacts: podPaths.artifacts,
} as const;

/** Makes the directories of a TaskRun. */
export async function makeDirectories(
  request: TaskRunRequest,
  spec: Spec,
  containers: readonly string[],
): Promise<void> {
  const make = (...parts: string[]) => mkdir(inRun(request, ...parts), { recursive: true });
  await Promise.all([...Object.keys(shared), 'steps', 'scripts', 'volumes', 'tmp', 'creds'].map((name) => make(name)));
  await Promise.all(
    containers.map(async (name) => {
      entryOf(request.directory, name);
      await Promise.all([make('steps', name, 'results'), make('steps', name, 'artifacts'), make('creds', name)]);
      await make('tmp', name);
      await chmod(inRun(request, 'tmp', name), 0o1777);
    }),
  );
  if (request.store !== undefined) await mkdir(request.store, { recursive: true, mode: 0o700 });
  // Tekton's entrypoint makes links, so that a step is found by its number, too.
  for (const [index, name] of containers.slice(0, spec.steps.length).entries()) {
    await symlink(name, inRun(request, 'steps', `${index}`)).catch(unlessThere);
  }
  for (const volume of spec.volumes ?? []) {
    if (volume.emptyDir) await mkdir(entryOf(inRun(request, 'volumes'), volume.name), { recursive: true });
  }
}

/** What a step sees: its own mounts and workspaces hide what every step has. @param path the PATH of steps */
export function mountsOfStep(
  request: TaskRunRequest,
  spec: Spec,
  step: Step,
  container: string,
  path: string,
): Mount[] {
  const own = [...workspaceMounts(request, spec, step), ...volumeMounts(request, spec, step)];
  const implicit: Mount[] = [
    ...Object.entries(shared).map(([name, path]) => ({ path, source: inRun(request, name), readOnly: false })),
    { path: podPaths.steps, source: inRun(request, 'steps'), readOnly: true },
    { path: `${podPaths.steps}/${container}`, source: inRun(request, 'steps', container), readOnly: false },
    { path: podPaths.scripts, source: inRun(request, 'scripts'), readOnly: true },
    { path: podPaths.credentials, source: inRun(request, 'creds', container), readOnly: false },
    { path: '/tmp', source: inRun(request, 'tmp', container), readOnly: false },
  ];
  return withPrograms(request, path, [...implicit, ...storeOf(request, step)], own);
}

/** A sidecar has its own volumes and the workspaces, and neither `/workspace` nor the results of the Task. */
export function mountsOfSidecar(
  request: TaskRunRequest,
  spec: Spec,
  sidecar: Sidecar,
  container: string,
  path: string,
): Mount[] {
  const own = [...workspaceMounts(request, spec, sidecar), ...volumeMounts(request, spec, sidecar)];
  const shared = isProbedByCommand(sidecar);
  const implicit: Mount[] = [
    { path: podPaths.home, source: inRun(request, 'creds', container), readOnly: false, shared },
    { path: podPaths.scripts, source: inRun(request, 'scripts'), readOnly: true },
    { path: '/tmp', source: inRun(request, 'tmp', container), readOnly: false, shared },
  ];
  return withPrograms(request, path, implicit, own);
}

/**
 * All mounts, with programs that come with the run, and those of PATH that the `/tmp` of a container would hide: but not where others may
 * change what is mounted there, in which nothing can be mounted.
 */
function withPrograms(
  { programs: source }: TaskRunRequest,
  path: string,
  implicit: readonly Mount[],
  own: readonly Mount[],
): Mount[] {
  const come = source === undefined ? [] : [{ path: podPaths.programs, source, readOnly: true }];
  const hidden = path.split(delimiter).filter((directory) => /^\/tmp\/./u.test(directory) && existsSync(directory));
  const others = inOrder([...implicit, ...come, ...own]);
  const shown = hidden.filter((directory) => !mountAbove(others, resolve(directory))?.shared);
  const programs = shown.map((directory) => ({ path: directory, source: directory, readOnly: true }));
  return inOrder([...implicit, ...come, ...programs, ...own]);
}

/** The mount that a path, or another mount, is in. */
export const mountAbove = <M extends Mount>(mounts: readonly M[], path: string): M | undefined =>
  mounts.findLast((one) => path.startsWith(`${one.path}/`));

/** Where a step of octopipeline keeps image info and locks: at the same path as outside, because op tells it to the user. */
const storeOf = ({ store }: TaskRunRequest, step: Step): Mount[] =>
  store === undefined || !usesStore(step) ? [] : [{ path: store, source: store, readOnly: false }];

/** Parents before what is below them; of several at one path, the last. */
function inOrder(mounts: readonly Mount[]): Mount[] {
  const byPath = new Map(mounts.map((mount) => [resolve('/', mount.path), mount]));
  return [...byPath]
    .map(([path, mount]) => ({ ...mount, path }))
    .sort((a, b) => a.path.split('/').length - b.path.split('/').length);
}

/** Whether processes start with the same directories while the container runs. A step has no probes. */
export const isProbedByCommand = (container: Step | Sidecar): boolean =>
  [
    'startupProbe' in container ? container.startupProbe : undefined,
    'readinessProbe' in container ? container.readinessProbe : undefined,
  ].some((probe) => probe?.exec !== undefined);

/** Source: pkg/workspace/apply.go. A workspace that any step names is given only to those that name it. */
export function seesWorkspace({ steps, sidecars = [] }: Spec, container: Step | Sidecar, name: string): boolean {
  const names = ({ workspaces = [] }: Step | Sidecar) => workspaces.some((usage) => usage.name === name);
  return names(container) || ![...steps, ...sidecars].some(names);
}

function workspaceMounts(request: TaskRunRequest, spec: Spec, container: Step | Sidecar): Mount[] {
  const declared = new Map((spec.workspaces ?? []).map((workspace) => [workspace.name, workspace]));
  return Object.entries(request.workspaces).flatMap(([name, bound]) => {
    const declaration = declared.get(name);
    if (!seesWorkspace(spec, container, name)) return [];
    const used = container.workspaces?.find((usage) => usage.name === name);
    const path = used?.mountPath || declaration?.mountPath || `/workspace/${name}`;
    const readOnly = bound.readOnly || declaration?.readOnly === true;
    const shared = isShared(request, spec, bound);
    return [{ path, source: bound.directory, readOnly, shared, ...inVolume(bound) }];
  });
}

function volumeMounts(request: TaskRunRequest, spec: Spec, container: Step | Sidecar): Mount[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, subPath, readOnly = false }) => {
    const bound = boundTo(request, spec, name);
    if (bound === undefined) throw missingVolume(name);
    const rights = {
      path: mountPath,
      readOnly: readOnly || bound.readOnly,
      shared: isShared(request, spec, bound),
    };
    if (!subPath) return { ...rights, source: bound.directory, ...inVolume(bound) };
    const source = below(bound.directory, subPath, !bound.readOnly);
    return { ...rights, source, volume: bound.volume ?? bound.directory };
  });
}

function boundTo(request: TaskRunRequest, spec: Spec, name: string): BoundWorkspace | undefined {
  return spec.volumes?.find((one) => one.name === name)?.emptyDir
    ? { directory: entryOf(inRun(request, 'volumes'), name), readOnly: false, secret: false }
    : (request.volumes[name] ?? ofWorkspace(request, name));
}

/**
 * Whether something may write to the volume while a container starts: a sidecar that has it, or another task of the run. The steps of a
 * TaskRun follow each other, and nothing of one is left when the next one starts.
 */
function isShared(request: TaskRunRequest, spec: Spec, bound: BoundWorkspace): boolean {
  // What is bound read-only is so for all.
  if (bound.readOnly) return false;
  const root = rootOf(bound);
  const own = within(request.directory, root);
  if (!own && (request.pipelineRun !== undefined || bound.claim !== undefined)) return true;
  const roots = (spec.sidecars ?? []).flatMap((sidecar) => rootsOf(request, spec, sidecar));
  return roots.some((other) => within(root, other) || within(other, root));
}

const rootOf = ({ volume, directory }: BoundWorkspace) => volume ?? directory;

/** The volumes that a container has. */
function rootsOf(request: TaskRunRequest, spec: Spec, container: Step | Sidecar): readonly string[] {
  const workspaces = Object.entries(request.workspaces).filter(([name]) => seesWorkspace(spec, container, name));
  const volumes = (container.volumeMounts ?? []).map(({ name }) => boundTo(request, spec, name));
  return [...workspaces.map(([, bound]) => bound), ...volumes].flatMap((bound) => (bound ? [rootOf(bound)] : []));
}

/** The volume that a workspace is, without its `subPath`. */
function ofWorkspace({ workspaces }: TaskRunRequest, name: string): BoundWorkspace | undefined {
  const workspace = workspaceVolumes(workspaces).get(name)?.workspace;
  return workspace && { ...workspace, directory: workspace.volume ?? workspace.directory };
}

/** Where a path of the container is on this machine; a path that is no mount's is the same. */
export function onThisMachine(mounts: readonly Mount[], path: string): string {
  const clean = normalize(path);
  const mount = mounts.findLast((one) => clean === one.path || clean.startsWith(`${one.path}/`));
  return mount === undefined ? path : join(mount.source, clean.slice(mount.path.length));
}

/** What is made again when somebody looks into a TaskRun, or a run goes on, may be there. */
export function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** PATH of a container, with directories of this machine. */
export const searched = (path: string | undefined, mounts: readonly Mount[]): string =>
  (path ?? '')
    .split(delimiter)
    .map((directory) => onThisMachine(mounts, directory))
    .join(delimiter);

const missingVolume = (name: string) =>
  inputError({
    what: `a step mounts the volume ${name}`,
    why: 'nothing on this machine was given for it',
    hint: 'give its ConfigMap, Secret or claim as a document in -f, or as a directory',
  });
