import { OpError } from '../../kit/errors/op-error.js';
import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import { placeOf } from '../../systems/registry/client/repository.js';
import { isThere } from '../../systems/registry/copy/place-blobs.js';
import type { Reference } from '../../systems/registry/reference.js';
import { readTree } from './read-tree.js';
import type { PromoteRegistries } from './registries.js';

/** Blobs of one image at the same time. */
const atOnce = 4;

/**
 * Notes which blobs of an image its destination lacks. More images are compared than copied at a time, so that the copy, which would have to
 * ask for each of them first, does not wait for that. What cannot be found out here, the copy asks again, and says why.
 */
export async function findLacking(
  registries: PromoteRegistries,
  { from, to, digest }: { readonly from: Reference; readonly to: Reference; readonly digest: string },
): Promise<void> {
  const { lacking, signal } = registries;
  try {
    const [source, target] = await Promise.all([registries.repository(from), registries.repository(to)]);
    const { blobs } = await readTree(registries, source, digest, from);
    await mapConcurrently(blobs, atOnce, async (blob) => {
      if (!(await isThere(target, blob, signal))) lacking.add(placeOf(target, blob));
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OpError)) throw error;
  }
}
