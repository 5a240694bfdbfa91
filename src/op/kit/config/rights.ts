import { access, constants, realpath } from 'node:fs/promises';
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

/**
 * Refuses keys that decide where op's rights go, in a file that is part of a Git work tree: whoever may commit could set them. In a
 * pod, also in a file that can be written: a workspace may be a directory of a checkout, or a build may have removed its `.git`.
 * @param path of the properties file
 * @param inPod whether op runs in a pod
 * @throws OpError (refused) with the file, the line and the key
 */
export async function refuseRights(
  path: string,
  settings: ReadonlyMap<string, Setting>,
  inPod: boolean,
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
  if (!inPod || !(await isWritable(path, real))) return;
  throw refusedError({
    what: `${found.origin} sets ${found.key}, and the file can be written in this pod`,
    why: `the repository's code could have written it: ${rights[found.key]}`,
    hint: `set ${found.key} as an environment variable or with its flag, or in a ConfigMap that is mounted as a workspace`,
  });
}

/** Whether anything on the way to the file can be changed by this pod: the file, its directory, and what a link points to. */
async function isWritable(...paths: readonly string[]): Promise<boolean> {
  const places = paths.flatMap((path) => [path, dirname(path)]);
  const found = await Promise.all(
    places.map((place) =>
      access(place, constants.W_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

async function isInWorkTree(directory: string): Promise<boolean> {
  const here = await access(join(directory, '.git')).then(
    () => true,
    () => false,
  );
  const above = dirname(directory);
  return here || (above !== directory && isInWorkTree(above));
}
