import { toolError } from '../../kit/errors/op-error.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import { type Tree, treeOf } from '../../systems/registry/copy/image-tree.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import { deepest, most } from './artifacts.js';
import type { PromoteRegistries } from './registries.js';

/**
 * Reads what an image, or what refers to one, consists of.
 * @param image the image, for messages
 * @throws RegistryFailure, OpError (tool) for one that is too large
 */
export async function readTree(
  { manifests, signal }: Pick<PromoteRegistries, 'manifests' | 'signal'>,
  from: Repository,
  digest: string,
  image: Reference,
): Promise<Tree> {
  const read = (one: string) => manifests.manifest(from, one, signal);
  const odd = (why: string) =>
    toolError({ what: `cannot copy ${formatReference(image)}`, why, hint: 'build it again' });
  return treeOf(await read(digest), read, { deepest, most }, odd);
}
