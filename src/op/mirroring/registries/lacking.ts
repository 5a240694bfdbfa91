import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { hasBlob } from '../../systems/registry/client/blobs.js';
import type { Descriptor } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { placeOf, type Repository } from '../../systems/registry/client/repository.js';
import { mustFetch } from '../../systems/registry/copy/image-tree.js';
import { isThere } from '../../systems/registry/copy/place-blobs.js';
import type { PlatformChoice } from '../mirror-file/read.js';
import { readTree, sparseOnly } from './manifests.js';

/** What is known of all destinations while a plan is made. */
export interface Counts {
  /** Blobs that are counted already: each is uploaded once to a registry. */
  readonly counted: Set<string>;
  /** Blobs that a repository does not have, as `placeOf` names them. */
  readonly lacking: Set<string>;
}

/**
 * Bytes that must be uploaded: each blob counts once for a registry, for the image that needs it first.
 * @param onLacking called for each blob that must be uploaded; what it throws ends this
 */
export async function bytesLacking(
  { counted, lacking }: Counts,
  to: Repository,
  blobs: readonly Descriptor[],
  signal: AbortSignal,
  onLacking: (blob: Descriptor) => Promise<unknown> = async () => undefined,
): Promise<number> {
  const sizes = await mapConcurrently(blobs, 4, async (blob) => {
    const place = `${to.api.registry} ${blob.digest}`;
    const isFirst = !counted.has(place);
    counted.add(place);
    if (!isFirst || (await isThere(to, blob, signal))) return 0;
    lacking.add(placeOf(to, blob));
    await onLacking(blob);
    return blob.size;
  });
  return valuesOf(sizes).reduce((sum, size) => sum + size, 0);
}

/** What the destination lacks of an image whose tag is there, after a clean-up that went too far; undefined if it is complete. */
export async function lackingThere(
  to: Repository,
  name: string,
  digest: string,
  platforms: PlatformChoice | undefined,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly why: string } | undefined> {
  try {
    const { blobs } = await readTree(name, digest, (one) => mustFetch(to, one, signal), sparseOnly(platforms));
    const there = valuesOf(await mapConcurrently(blobs, 4, (blob) => hasBlob(to, blob, signal)));
    const lost = blobs.filter((_, index) => there[index] === false);
    if (lost.length === 0) return undefined;
    return {
      bytes: lost.reduce((sum, { size }) => sum + size, 0),
      why: `the destination has lost ${lost.length} of its ${blobs.length} blobs`,
    };
  } catch (error) {
    if (error instanceof RegistryFailure && error.problem === 'absent') {
      return { bytes: 0, why: 'the destination has lost a manifest of it' };
    }
    throw error;
  }
}
