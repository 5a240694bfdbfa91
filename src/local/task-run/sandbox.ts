import { type Dirent, existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../op/context.js';
import { findProgram } from '../../op/kit/process/find-program.js';
import { isOfKernel, ownProcAndDev } from '../../op/kit/process/kernel-files.js';
import { run } from '../../op/kit/process/run.js';
import type { Isolation } from '../contract.js';
import { followLinks } from './follow-links.js';
import { type Hidden, placeInHidden } from './hidden.js';
import { mountAbove } from './mounts.js';
import { bindOptions, makeInMount, type OpenMount, placeInMount, refuseKernel } from './places.js';

/**
 * What ends with the step, whatever it started; the network stays that of the machine. For root, bwrap would keep all capabilities in the
 * namespace that owns the mounts: a step could make read-only files writable, and unmount what hides the home.
 */
export const namespaces = [
  ...['--die-with-parent', '--unshare-user', '--unshare-pid', '--unshare-ipc'],
  ...['--cap-drop', 'ALL'],
];

const probes = new Map<string, Promise<Isolation>>();

/** Whether bubblewrap can give a step a view of its own here. It is tried once for each PATH. */
export function findIsolation(context: Context): Promise<Isolation> {
  const path = context.env.PATH ?? '';
  const probe = probes.get(path) ?? tryNamespaces(context);
  probes.set(path, probe);
  return probe;
}

async function tryNamespaces(context: Context): Promise<Isolation> {
  if (process.platform !== 'linux' || findProgram('bwrap', context.env.PATH) === undefined) return 'variables';
  const args = [...namespaces, '--ro-bind', '/', '/', ...ownProcAndDev, '--', 'true'];
  // Another program's mount that goes away just then makes bwrap fail.
  for (let attempt = 0; attempt < 3; attempt++) {
    const ended = await run(context, { program: 'bwrap', args });
    if (ended.ended === 'ok') return 'namespaces';
  }
  return 'variables';
}

const descriptorProbes = new Map<string, Promise<boolean>>();

/** Whether this bubblewrap mounts what it gets open: 0.10 does, and many a package of an older one. It is tried once for each PATH. */
export function bindsDescriptors(context: Context): Promise<boolean> {
  const path = context.env.PATH ?? '';
  const probe = descriptorProbes.get(path) ?? tryDescriptor(context);
  descriptorProbes.set(path, probe);
  return probe;
}

async function tryDescriptor(context: Context): Promise<boolean> {
  const bwrap = findProgram('bwrap', context.env.PATH);
  if (bwrap === undefined) return false;
  const bound = [...namespaces, '--ro-bind-fd', '3', '/', ...ownProcAndDev, '--', 'true'];
  for (let attempt = 0; attempt < 3; attempt++) {
    const command = { program: '/bin/sh', args: ['-c', 'exec 3</ && exec "$0" "$@"', bwrap, ...bound] };
    if ((await run(context, command)).ended === 'ok') return true;
  }
  return false;
}

/**
 * Arguments of bwrap: this machine's files, which a step can only read and of which some are hidden, and over them what the step mounts.
 * As in a container, a step can make directories in `/`.
 * @param firstProcess which process has the number 1, gets all orphans, and ends the container with it
 */
export function sandboxArguments(
  mounts: readonly OpenMount[],
  workingDirectory: string,
  { directories, shown }: Hidden,
  firstProcess: 'init' | 'program',
): readonly string[] {
  const placed = place(mounts, directories);
  const hidden = [...new Set(directories.map(({ real }) => real))];
  return [
    ...namespaces,
    ...(firstProcess === 'program' ? ['--as-pid-1'] : []),
    ...show('/', [...placed.map(({ path }) => path), ...hidden]),
    ...ownProcAndDev,
    ...hidden.flatMap((real) => ['--tmpfs', real]),
    ...shown.flatMap(({ path, source }) => ['--ro-bind-try', source, path]),
    ...placed.flatMap((mount) => [...bindOptions(mount), mount.path]),
    ...(makeInMount(mounts, workingDirectory) ? [] : makeDirectory(workingDirectory)),
    ...['--chdir', workingDirectory],
    '--',
  ];
}

/** bwrap makes the directory, and would follow links on the outside. Where the kernel has its files, there is what there is. */
function makeDirectory(path: string): readonly string[] {
  const place = followLinks(path);
  return isOfKernel(place) ? [] : ['--dir', place];
}

/** The mounts where they are in the view, without links that lead elsewhere. Outer mounts come before inner ones. */
function place(mounts: readonly OpenMount[], hidden: Hidden['directories']): readonly OpenMount[] {
  const placed: OpenMount[] = [];
  for (const mount of mounts) placed.push({ ...mount, path: placeOf(mount, mounts, placed, hidden) });
  return placed;
}

function placeOf(
  { path, source, held }: OpenMount,
  mounts: readonly OpenMount[],
  placed: readonly OpenMount[],
  hidden: Hidden['directories'],
): string {
  const above = mountAbove(mounts, path);
  if (above === undefined) return refuseKernel(path, placeInHidden(hidden, path) ?? followLinks(path));
  const isDirectory = held?.isDirectory ?? statSync(source, { throwIfNoEntry: false })?.isDirectory() ?? true;
  const inside = placeInMount(above, path, isDirectory);
  return join(placed[mounts.indexOf(above)]?.path ?? above.path, inside);
}

/**
 * Shows a directory of this machine. One that lacks the place for a mount is made anew, with all that is in it. Synchronous, as all that is
 * looked up for each step: the kernel has it in its memory, and a way through Node's threads for each of fifty paths takes longer.
 */
function show(directory: string, mounts: readonly string[]): string[] {
  const shown: string[] = [];
  for (const entry of entriesOf(directory)) {
    const path = join(directory, entry.name);
    if (path === '/proc' || path === '/dev' || mounts.includes(path)) continue;
    if (entry.isSymbolicLink()) shown.push('--symlink', readlinkSync(path), path);
    else if (!lacksPlace(path, mounts)) shown.push('--ro-bind-try', path, path);
    else shown.push('--tmpfs', path, ...show(path, mounts));
  }
  return shown;
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

const lacksPlace = (directory: string, mounts: readonly string[]): boolean =>
  mounts.some((mount) => mount.startsWith(`${directory}/`) && !existsSync(mount));
