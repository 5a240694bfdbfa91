import { access, realpath } from 'node:fs/promises';
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
 * Refuses keys that decide where op's rights go, in a file that is part of a Git work tree: whoever may commit could set them.
 * @param path of the properties file
 * @throws OpError (refused) with the file, the line and the key
 */
export async function refuseRights(path: string, settings: ReadonlyMap<string, Setting>): Promise<void> {
  const found = Object.keys(rights)
    .map((key) => settings.get(key))
    .find((setting) => setting !== undefined && setting.value !== '');
  if (found === undefined) return;
  const real = await realpath(path);
  if (!(await isInWorkTree(dirname(path))) && !(await isInWorkTree(dirname(real)))) return;
  throw refusedError({
    what: `${found.origin} sets ${found.key}, and the file is in a Git repository`,
    why: `whoever may commit there could set it: ${rights[found.key]}`,
    hint: `set ${found.key} as an environment variable or with its flag, or in a file outside of the repository`,
  });
}

async function isInWorkTree(directory: string): Promise<boolean> {
  const here = await access(join(directory, '.git')).then(
    () => true,
    () => false,
  );
  const above = dirname(directory);
  return here || (above !== directory && isInWorkTree(above));
}
