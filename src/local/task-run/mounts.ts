import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, normalize, relative, resolve } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import { pathInImage } from '../../op/kit/files/image-path.js';
import { entryOf } from '../../op/kit/files/path.js';

import type { BoundWorkspace, TaskRunRequest } from '../contract.js';
import { below, realBelow } from '../workspaces/below.js';
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
export async function mountsOfStep(
  request: TaskRunRequest,
  spec: Spec,
  step: Step,
  container: string,
  path: string,
): Promise<Mount[]> {
  const own = [...(await workspaceMounts(request, spec, step)), ...(await volumeMounts(request, spec, step))];
  const implicit: Mount[] = [
    ...Object.entries(shared).map(([name, path]) => ({ path, source: inRun(request, name), readOnly: false })),
    { path: podPaths.steps, source: inRun(request, 'steps'), readOnly: true },
    { path: `${podPaths.steps}/${container}`, source: inRun(request, 'steps', container), readOnly: false },
    { path: podPaths.scripts, source: inRun(request, 'scripts'), readOnly: true },
    { path: podPaths.credentials, source: inRun(request, 'creds', container), readOnly: false },
    { path: '/tmp', source: inRun(request, 'tmp', container), readOnly: false },
  ];
  return inOrder([...implicit, ...programs(request, path), ...storeOf(request, step), ...own]);
}

/** A sidecar has its own volumes and the workspaces, and neither `/workspace` nor the results of the Task. */
export async function mountsOfSidecar(
  request: TaskRunRequest,
  spec: Spec,
  sidecar: Sidecar,
  container: string,
  path: string,
): Promise<Mount[]> {
  const own = [...(await workspaceMounts(request, spec, sidecar)), ...(await volumeMounts(request, spec, sidecar))];
  return inOrder([
    { path: podPaths.home, source: inRun(request, 'creds', container), readOnly: false },
    { path: podPaths.scripts, source: inRun(request, 'scripts'), readOnly: true },
    { path: '/tmp', source: inRun(request, 'tmp', container), readOnly: false },
    ...programs(request, path),
    ...own,
  ]);
}

/** Programs that come with the run, and those of PATH that the `/tmp` of a container would hide. */
function programs({ programs: source }: TaskRunRequest, path: string): Mount[] {
  const hidden = path.split(delimiter).filter((directory) => /^\/tmp\/./u.test(directory) && existsSync(directory));
  return [
    ...(source === undefined ? [] : [{ path: podPaths.programs, source, readOnly: true }]),
    ...hidden.map((directory) => ({ path: directory, source: directory, readOnly: true })),
  ];
}

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

/** Source: pkg/workspace/apply.go. A workspace that any step names is given only to those that name it. */
export function seesWorkspace({ steps, sidecars = [] }: Spec, container: Step | Sidecar, name: string): boolean {
  const names = ({ workspaces = [] }: Step | Sidecar) => workspaces.some((usage) => usage.name === name);
  return names(container) || ![...steps, ...sidecars].some(names);
}

async function workspaceMounts(request: TaskRunRequest, spec: Spec, container: Step | Sidecar): Promise<Mount[]> {
  const declared = new Map((spec.workspaces ?? []).map((workspace) => [workspace.name, workspace]));
  return Object.entries(request.workspaces).flatMap(([name, bound]) => {
    const declaration = declared.get(name);
    if (!seesWorkspace(spec, container, name)) return [];
    const used = container.workspaces?.find((usage) => usage.name === name);
    const path = used?.mountPath || declaration?.mountPath || `/workspace/${name}`;
    const readOnly = bound.readOnly || declaration?.readOnly === true;
    return [{ path, source: bound.directory, readOnly, ...inVolume(bound) }];
  });
}

async function volumeMounts(request: TaskRunRequest, spec: Spec, container: Step | Sidecar): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const { name, mountPath, subPath, readOnly = false } of container.volumeMounts ?? []) {
    const volume = spec.volumes?.find((one) => one.name === name);
    const bound: BoundWorkspace | undefined = volume?.emptyDir
      ? { directory: entryOf(inRun(request, 'volumes'), name), readOnly: false, secret: false }
      : (request.volumes[name] ?? ofWorkspace(request, name));
    if (bound === undefined) throw missingVolume(name);
    const rights = { path: mountPath, readOnly: readOnly || bound.readOnly };
    if (!subPath) mounts.push({ ...rights, source: bound.directory, ...inVolume(bound) });
    else {
      const source = await below(bound.directory, subPath, !bound.readOnly);
      mounts.push({ ...rights, source, volume: bound.volume ?? bound.directory });
    }
  }
  return mounts;
}

/** The volume that a workspace is, without its `subPath`. */
function ofWorkspace({ workspaces }: TaskRunRequest, name: string): BoundWorkspace | undefined {
  const workspace = workspaceVolumes(workspaces).get(name)?.workspace;
  return workspace && { ...workspace, directory: workspace.volume ?? workspace.directory };
}

/**
 * The sources as they are now: a step may have put a link to another place of this machine where one was, and bwrap follows it.
 * @throws OpError (input) for a source that has left its volume
 */
export async function checkSources(mounts: readonly Mount[]): Promise<void> {
  for (const { source, volume } of mounts) if (volume !== undefined) await realBelow(volume, source);
}

/**
 * Makes a directory in what is mounted where it shall be, unless that is read-only. bwrap itself would follow a link that a step or a
 * repository made there, out of the sandbox.
 * @returns false if nothing is mounted there
 */
export async function makeInMount(mounts: readonly Mount[], path: string): Promise<boolean> {
  const mount = mounts.findLast((one) => path === one.path || path.startsWith(`${one.path}/`));
  if (mount === undefined) return false;
  const place = mount.readOnly ? undefined : await pathInImage(mount.source, path.slice(mount.path.length));
  // A file there, or a circle of links, is the step's own fault: it cannot start.
  if (place !== undefined) await mkdir(place, { recursive: true }).catch(() => undefined);
  return true;
}

/** The mount that a path, or another mount, is in. */
export const mountAbove = (mounts: readonly Mount[], path: string): Mount | undefined =>
  mounts.findLast((one) => path.startsWith(`${one.path}/`));

/**
 * Makes the place for a mount inside of another one. bwrap itself would follow a link there, out of the sandbox.
 * @returns its path below the outer mount, without links
 * @throws OpError (input) if the outer mount is read-only and has no such place
 */
export async function placeInMount(above: Mount, path: string, directory: boolean): Promise<string> {
  const rest = path.slice(above.path.length);
  if (!above.readOnly) return placeIn(above.source, rest, directory);
  const place = await pathInImage(above.source, rest);
  const there = place === undefined ? undefined : await lstat(place).catch(() => undefined);
  if (place === undefined || there === undefined || there.isDirectory() !== directory) throw noPlace(path, above.path);
  return `/${relative(await realpath(above.source), place)}`;
}

/** Makes the place for a mount, without a link on the way to it. @returns its path in the container */
export async function placeIn(root: string, path: string, directory: boolean): Promise<string> {
  const place = await pathInImage(root, path);
  if (place === undefined) throw circle(path);
  const there = await lstat(place).catch(() => undefined);
  if (directory && !there?.isDirectory()) {
    if (there !== undefined) await rm(place);
    await mkdir(place, { recursive: true });
  }
  if (!directory && !there?.isFile()) {
    if (there !== undefined) await rm(place, { recursive: true });
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, '', { flag: 'wx' });
  }
  return `/${relative(await realpath(root), place)}`;
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

const circle = (path: string) =>
  inputError({
    what: `cannot mount ${path}`,
    why: 'symbolic links form a circle there',
    hint: 'mount it elsewhere',
  });

const noPlace = (path: string, above: string) =>
  inputError({
    what: `cannot mount ${path}`,
    why: `${above} is read-only and has no such place`,
    hint: 'mount it elsewhere',
  });
