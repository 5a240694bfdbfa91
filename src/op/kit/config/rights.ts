import type { Stats } from 'node:fs';
import { access, lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refusedError } from '../errors/op-error.js';
import type { Setting } from './setting.js';

/** What each key gives whoever writes it. */
const rights: Readonly<Record<string, string>> = {
  BUILDKIT_HOST: 'the BuildKit that it names gets the registry credentials and the secrets of the build',
  SKAFFOLD_INSECURE_REGISTRY: 'op would send credentials to a registry without checking who answers',
  OP_IMAGE_MIRRORS: 'it chooses where images come from',
  OP_STORE: 'it chooses what op believes of earlier builds, and where locks are',
};

/** The pod that op runs in. */
export interface Pod {
  /** The user ID of op: the code of a repository mostly runs with the same. */
  readonly user: number;
  /** /proc/self/mountinfo, or nothing where it cannot be read. */
  readonly mounts: string;
}

/** A properties file that was opened: what is checked is what was read, whatever its path leads to by now. */
export interface OpenedFile {
  /** Absolute. */
  readonly path: string;
  readonly stats: Stats;
}

/**
 * Refuses keys that decide where op's rights go, in a file that is part of a Git work tree: whoever may commit could set them. In a
 * pod, also in a file that the code of a repository could have written, in this pod or in one before: a workspace may be a directory of a
 * checkout, a build may have removed its `.git`, and whoever owns a file can take the right to write away and get it back. So it must belong to root,
 * with every directory up to its mount, and nobody else may write there.
 * @param pod undefined outside of a pod
 * @throws OpError (refused) with the file, the line and the key
 */
export async function refuseRights(
  { path, stats }: OpenedFile,
  settings: ReadonlyMap<string, Setting>,
  pod: Pod | undefined,
): Promise<void> {
  const found = Object.keys(rights)
    .map((key) => settings.get(key))
    .find((setting) => setting !== undefined && setting.value !== '');
  if (found === undefined) return;
  const real = await realpath(path);
  if ((await isInWorkTree(dirname(path))) || (await isInWorkTree(dirname(real)))) {
    throw refusedError({
      what: `${found.origin} sets ${found.key}, and the file is in a Git repository`,
      why: `whoever may commit there could set it: ${rights[found.key]}`,
      hint: `set ${found.key} as an environment variable or with its flag, or in a file outside of the repository`,
    });
  }
  if (pod === undefined) return;
  const why = whyNotRoots(real, stats, mountOf(pod, real), pod) ?? (await whyNotRootsUp(pod, path, real));
  if (why === undefined) return;
  throw refusedError({
    what: `${found.origin} sets ${found.key}, and the repository's code could have written the file`,
    why: `${why}, and ${rights[found.key]}`,
    hint: `set ${found.key} as an environment variable or with its flag, or in a ConfigMap that is mounted as a workspace`,
  });
}

/** What holds for a path and for every directory from there up to its mount: only the pod's own mounts are above. */
async function whyNotRootsUp(pod: Pod, ...paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const mount = mountOf(pod, path);
    for (let place = path; ; place = dirname(place)) {
      const why = whyNotRoots(place, await lstat(place), mount, pod);
      if (why !== undefined) return why;
      if (place === mount.point) break;
    }
  }
  return undefined;
}

/** Bits of a mode: that a group or others may write; that only the owner of an entry may replace it. */
const othersWrite = 0o022;
const sticky = 0o1000;

/** Why a file, link or directory may be from somebody else than whoever made the pod; undefined if it is not. */
function whyNotRoots(place: string, stats: Stats, mount: Mount, { user }: Pod): string | undefined {
  if (stats.uid !== 0) return `${place} belongs to user ${stats.uid}, not to root`;
  if (user === 0 && !mount.readOnly) return `op runs as root, and ${place} is not mounted read-only`;
  if (stats.isSymbolicLink() || (stats.mode & othersWrite) === 0) return undefined;
  if (stats.isDirectory() && (stats.mode & sticky) !== 0) return undefined;
  // Kubernetes makes the directory of a ConfigMap for everybody, and mounts it read-only.
  if (mount.readOnly && place === mount.point) return undefined;
  return `not only root can write ${place}`;
}

interface Mount {
  /** Absolute path of the directory or file that is mounted. */
  readonly point: string;
  readonly readOnly: boolean;
}

/** Where a path is mounted. Source: proc_pid_mountinfo(5). Of two mounts at one place, the last is seen. */
function mountOf({ mounts }: Pod, path: string): Mount {
  let found: Mount = { point: '/', readOnly: false };
  for (const line of mounts.split('\n')) {
    const [own = '', ofDevice = ''] = line.split(' - ');
    const [, , , , written = '', options = ''] = own.split(' ');
    const point = written.replaceAll(/\\([0-7]{3})/gu, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const isAbove = point === '/' || path === point || path.startsWith(`${point}/`);
    if (point === '' || !isAbove || point.length < found.point.length) continue;
    const [, , superOptions = ''] = ofDevice.split(' ');
    found = { point, readOnly: [options, superOptions].some((list) => list.split(',').includes('ro')) };
  }
  return found;
}

async function isInWorkTree(directory: string): Promise<boolean> {
  const here = await access(join(directory, '.git')).then(
    () => true,
    () => false,
  );
  const above = dirname(directory);
  return here || (above !== directory && isInWorkTree(above));
}
