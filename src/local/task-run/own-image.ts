import { lstat, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../op/context.js';
import { inputError } from '../../op/kit/errors/op-error.js';
import { pathInImage } from '../../op/kit/files/image-path.js';
import { removeTree } from '../../op/kit/files/remove-tree.js';
import { ownProcAndDev } from '../../op/kit/process/kernel-files.js';
import { mustRun } from '../../op/kit/process/run.js';
import type { StepImage } from '../contract.js';
import { type Mount, mountAbove, onThisMachine } from './mounts.js';
import { bindOptions, makeInMount, type OpenMount, placeInMount, placeInRoot, refuseKernel } from './places.js';
import { namespaces } from './sandbox.js';

/** The image that a step or sidecar runs in, where it is not this machine. */
export interface OwnImage {
  readonly image: StepImage;
  /** Where the container has its copy of the image's files. */
  readonly root: string;
  readonly user: User;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** PATH of an image that has none. Source: Docker and containerd, the default of Linux images. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The user that an image runs as, unless the step names one. Source: OCI image specification, config.md, `User`. */
export async function userOf(
  { root, user }: StepImage,
  asked: { readonly uid?: number; readonly gid?: number },
): Promise<User> {
  const [name = '', group = ''] = user.split(':');
  const users = await entriesOf(root, 'etc/passwd');
  const known = users.find(([entry, , uid]) =>
    asked.uid === undefined ? entry === name || uid === name : uid === `${asked.uid}`,
  );
  const uid = asked.uid ?? numberOf(known?.[2]) ?? numberOf(name === '' ? '0' : name);
  if (uid === undefined) throw noSuchUser(user);
  const groups = group === '' ? [] : await entriesOf(root, 'etc/group');
  const named = numberOf(groups.find(([entry]) => entry === group)?.[2]) ?? numberOf(group);
  const gid = asked.gid ?? named ?? numberOf(known?.[3]) ?? 0;
  const home = users.find(([, , entry]) => entry === `${uid}`)?.[5];
  return { uid, gid, home: home || (uid === 0 ? '/root' : '/') };
}

async function entriesOf(root: string, file: string): Promise<string[][]> {
  const path = await pathInImage(root, file);
  const text = path === undefined ? '' : await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').map((line) => line.split(':'));
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/u.test(text) ? Number(text) : undefined;

/** Copies the files of the image for one container, which may write to them, unless they are there. */
export async function makeRoot(context: Context, { image, root }: OwnImage): Promise<void> {
  if ((await stat(root).catch(() => undefined)) !== undefined) return;
  const unfinished = `${root}.partial`;
  await removeTree(context, unfinished);
  await mkdir(dirname(root), { recursive: true });
  const command = { program: 'cp', args: ['--archive', '--reflink=auto', '--', image.root, unfinished] };
  await mustRun(context, command, {
    what: 'cannot copy the files of an image',
    hint: 'check the free space on the disk; op local delete removes old runs',
  });
  await rename(unfinished, root);
}

/** Directories of a container that are mounted by the kernel, whatever the image has there. */
const ofKernel: readonly string[] = ['proc', 'dev', 'sys'];

/**
 * Arguments of bwrap: the files of the container's image, and over them what the step mounts. Links in the image, which may lead
 * anywhere, are followed as in a container: bwrap would follow them out of it.
 * @param running whether the container runs already, and this is for a probe in it
 * @param probed whether such probes follow: then the container cannot lead their mounts elsewhere
 */
export async function ownImageArguments(
  { root, user }: OwnImage,
  mounts: readonly OpenMount[],
  workingDirectory: string,
  {
    firstProcess,
    running,
    probed,
  }: { readonly firstProcess: 'init' | 'program'; readonly running: boolean; readonly probed: boolean },
): Promise<readonly string[]> {
  for (const name of ofKernel) await replaceByDirectory(join(root, name));
  const network: OpenMount[] = ['/etc/resolv.conf', '/etc/hosts'].map((path) => ({
    ...{ path, source: path },
    readOnly: true,
  }));
  const places = new Map<string, string>();
  const bound: string[] = [];
  const pinned = new Set<string>();
  for (const mount of [...network, ...mounts]) {
    const { path, held } = mount;
    const isDirectory = held?.isDirectory ?? (await stat(mount.source).catch(() => undefined))?.isDirectory();
    if (isDirectory === undefined) continue;
    const above = mountAbove(mounts, path);
    const place =
      above === undefined
        ? refuseKernel(path, placeInRoot(root, path, isDirectory, running))
        : join(places.get(above.path) ?? above.path, placeInMount(above, path, isDirectory));
    if (above === undefined) for (let up = dirname(place); up !== '/'; up = dirname(up)) pinned.add(up);
    places.set(path, place);
    bound.push(...bindOptions(mount), place);
  }
  if (!makeInMount(mounts, workingDirectory)) placeInRoot(root, workingDirectory, true, running);
  // What is mounted cannot be renamed where it is: neither a place for a mount, nor a directory on the way to it.
  const own = (path: string) => !ofKernel.includes(path.split('/')[1] ?? '');
  const pins = probed ? [...pinned].filter(own).toSorted((a, b) => a.length - b.length) : [];
  return [
    ...namespaces,
    ...['--uid', `${user.uid}`, '--gid', `${user.gid}`],
    ...(firstProcess === 'program' ? ['--as-pid-1'] : []),
    ...['--bind', root, '/', ...ownProcAndDev, '--ro-bind-try', '/sys', '/sys'],
    ...pins.flatMap((path) => ['--bind', join(root, path), path]),
    ...bound,
    ...['--chdir', workingDirectory],
    '--',
  ];
}

async function replaceByDirectory(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory()) return;
  if (there !== undefined) await rm(path);
  await mkdir(path);
}

/** Whether a path of the container is there, in what it mounts or in its image. */
export async function existsInContainer({ root }: OwnImage, mounts: readonly Mount[], path: string): Promise<boolean> {
  const here = onThisMachine(mounts, path);
  const place = here === path ? await pathInImage(root, path) : here;
  return place !== undefined && (await stat(place).catch(() => undefined)) !== undefined;
}

const noSuchUser = (user: string) =>
  inputError({
    what: `the image runs as the user ${user}`,
    why: 'its /etc/passwd has no such user',
    hint: 'set securityContext.runAsUser of the step',
  });
