/** Places for mounts on this machine, in directories that others may change: each is reached through a directory that is held open. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import { isOfKernel } from '../../op/kit/process/kernel-files.js';
import { openBelow } from '../workspaces/below.js';
import { type Held, hold, WalkError, walk } from '../workspaces/walk.js';
import type { Mount } from './mounts.js';

/** A mount while a process is made that has it. */
export interface OpenMount extends Mount {
  /** Its source, where others may change the way to it. */
  readonly held?: Held;
  /** The number that the source has in bwrap, which does not look for it by its name then. */
  readonly descriptor?: number;
}

/** The sources of mounts as they are now. Disposing of them closes them. */
export interface OpenMounts extends Disposable {
  readonly mounts: readonly OpenMount[];
  /** What bwrap gets open, from the number `first` on. */
  readonly descriptors: readonly number[];
}

/**
 * Opens the sources that are a `subPath`. What has the whole volume can put a link to another place of this machine there, also between a look
 * at it and the mount.
 * @param first the number of the first descriptor in bwrap
 * @param most how many bwrap can be given; 0 if this bwrap takes none
 * @throws OpError (input) for a source that has left its volume, or which bwrap would have to look for while others may change it
 */
export function openMounts(mounts: readonly Mount[], first: number, most: number): OpenMounts {
  const opened: Held[] = [];
  const close = () => {
    for (const held of opened) held[Symbol.dispose]();
  };
  const descriptors: number[] = [];
  const open = (mount: Mount): OpenMount => {
    if (mount.volume === undefined) return mount;
    const held = openBelow(mount.volume, mount.source);
    opened.push(held);
    if (held.fd !== undefined && descriptors.length < most) {
      return { ...mount, held, descriptor: first + descriptors.push(held.fd) - 1 };
    }
    if (mount.shared) throw most === 0 ? oldBwrap(mount.path) : tooMany(mount.path, most);
    return { ...mount, held };
  };
  try {
    return { mounts: mounts.map(open), descriptors, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The options of bwrap that mount it, but for the place. */
export function bindOptions({ readOnly, source, descriptor }: OpenMount): readonly string[] {
  if (descriptor === undefined) return [readOnly ? '--ro-bind' : '--bind', source];
  return [readOnly ? '--ro-bind-fd' : '--bind-fd', `${descriptor}`];
}

/** The source of a mount, as what is made in it is made: never by a name that others can give to something else. */
export function openSource({ source, volume }: Mount): Held {
  return volume === undefined ? hold(source) : openBelow(volume, source);
}

/** The source of a mount that may be held already; it is to be closed. */
const sourceOf = (mount: OpenMount): Held =>
  mount.held === undefined ? openSource(mount) : walk(mount.held, '', { links: 'none' });

/**
 * Makes a directory in what is mounted where it shall be, unless that is read-only. bwrap itself would follow a link that a step or a
 * repository made there, out of the sandbox.
 * @returns false if nothing is mounted there
 */
export function makeInMount(mounts: readonly OpenMount[], path: string): boolean {
  const mount = mounts.findLast((one) => path === one.path || path.startsWith(`${one.path}/`));
  if (mount === undefined) return false;
  if (mount.readOnly) return true;
  try {
    using top = sourceOf(mount);
    walk(top, path.slice(mount.path.length), { links: 'stay', make: 'directory' })[Symbol.dispose]();
  } catch {
    // A file there, or a circle of links, is the step's own fault: it cannot start.
  }
  return true;
}

/**
 * Makes the place for a mount inside of another one. bwrap itself would follow a link there, out of the sandbox: it takes no descriptor for a
 * place, so there is none where others may make such a link just then. Nothing that is there is removed.
 * @returns its path below the outer mount, without links
 * @throws OpError (input) if the outer mount is read-only and has no such place, has something else there, or may change meanwhile
 */
export function placeInMount(above: OpenMount, path: string, directory: boolean): string {
  if (above.shared) throw changing(path, above.path);
  using top = sourceOf(above);
  const kind = directory ? 'directory' : 'file';
  const rest = path.slice(above.path.length);
  const place = walked(path, () => walk(top, rest, { links: 'stay', ...(!above.readOnly && { make: kind }) }));
  if (place === 'missing') throw noPlace(path, above.path);
  if (place === 'circle') throw circle(path);
  if (typeof place === 'string') throw inTheWay(path, directory);
  using found = place;
  if (found.isDirectory !== directory) throw inTheWay(path, directory);
  return `/${found.names.slice(top.names.length).join('/')}`;
}

/**
 * Makes the place for a mount in a container's own copy of its image, without a link on the way to it. What the image has in its place is
 * removed: nothing else writes to that copy before the container starts.
 * @param running the container runs already, and may change its files: nothing is removed
 * @returns its path in the container
 */
export function placeInRoot(root: string, path: string, directory: boolean, running: boolean): string {
  using top = hold(root);
  const kind = directory ? 'directory' : 'file';
  const first = walked(path, () => walk(top, path, { links: 'stay', make: kind }));
  if (first === 'circle') throw circle(path);
  if (typeof first === 'string') throw inTheWay(path, directory);
  using found = first;
  if (found.isDirectory === directory) return `/${found.names.join('/')}`;
  if (running) throw inTheWay(path, directory);
  const place = `/${found.names.join('/')}`;
  using parent = walk(top, dirname(place), { links: 'none' });
  rmSync(`${parent.here}/${found.names.at(-1)}`, { recursive: true });
  using made = walk(top, place, { links: 'none', make: kind });
  return `/${made.names.join('/')}`;
}

/**
 * Refuses a place for a mount where a sandbox has files of the kernel.
 * @param place the path without links
 * @throws OpError (input)
 */
export function refuseKernel(path: string, place: string): string {
  if (!isOfKernel(place)) return place;
  throw inputError({
    what: `cannot mount ${path}`,
    why: `${place} belongs to the system of this machine, and links there lead out of the sandbox`,
    hint: 'mount it elsewhere',
  });
}

function walked(path: string, go: () => Held): Held | WalkError['stray'] {
  try {
    return go();
  } catch (error) {
    if (!(error instanceof WalkError)) throw error;
    if (error.stray === 'denied') throw noAccess(path, error.message);
    return error.stray;
  }
}

const noAccess = (path: string, why: string) =>
  inputError({
    ...{ what: `cannot mount ${path}`, why },
    hint: 'let your user make the place for it, or mount it elsewhere',
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

const inTheWay = (path: string, directory: boolean) =>
  inputError({
    what: `cannot mount ${path}`,
    why: directory ? 'a file is in the way of a directory' : 'something that is no file is in the way of a file',
    hint: 'remove it there, or mount it elsewhere',
  });

const changing = (path: string, above: string) =>
  inputError({
    what: `cannot mount ${path}`,
    why: `it is inside of ${above}, which a sidecar or another task may change meanwhile, so that the mount would lead out of the sandbox`,
    hint: 'mount it at a path outside of that volume',
  });

const oldBwrap = (path: string) =>
  inputError({
    what: `cannot mount the subPath at ${path}`,
    why: 'a sidecar or another task may change it meanwhile, and this bubblewrap lacks --bind-fd, which keeps the mount in its volume',
    hint: 'update bubblewrap, to 0.10 or a package with the fix of CVE-2024-42472',
  });

const tooMany = (path: string, most: number) =>
  inputError({
    what: `cannot mount the subPath at ${path}`,
    why: `a sidecar or another task may change it meanwhile, and a shell gets at most ${most} such mounts`,
    hint: 'open the shell when nothing else of the run has the volume',
  });
