import { refusedError } from '../../kit/errors/op-error.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Descriptor } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { findDigest, putManifest } from '../../systems/registry/client/manifests.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import type { BlobPlacer, Placed } from '../../systems/registry/copy/place-blobs.js';
import type { ReferrerTagWriter } from '../../systems/registry/copy/referrer-tag-writer.js';
import { type PlanItem, referenceOf, tagOrDigest } from '../plan/plan.js';
import { copyReferrers } from '../referrers/copy-referrers.js';
import { readTree } from '../registries/manifests.js';
import { mustHave, type Origins } from '../registries/origin.js';

/** What was sent for one image. */
export interface Sent {
  readonly outcome: 'copied' | 'overwritten' | 'attached' | 'already-there';
  readonly bytes: number;
  readonly uploaded: number;
  readonly mounted: number;
  readonly referrers?: number;
}

/** Blobs of one image at a time. */
const atOnce = 4;

/** What a copy works with. */
export interface ImageWork {
  readonly registries: Registries;
  readonly origins: Origins;
  readonly blobs: BlobPlacer;
  readonly tags: ReferrerTagWriter;
  /** The plan was made just now: what it found at the destination need not be asked first. */
  readonly isFresh: boolean;
}

type ToCopy = PlanItem & { readonly digest: string };
type Sends = readonly (readonly [Placed, number])[];

/**
 * Copies one image by the digest of the plan, with all its platforms and what refers to it: blobs, then what names them, the tag last, so that
 * what has the tag is complete, however often this was interrupted.
 * @throws OpError (tool), (refused) when the tag was given to another image since the plan was made
 */
export async function copyImage(work: ImageWork, item: ToCopy, signal: AbortSignal): Promise<Sent> {
  const { digest, sourceDigest = digest, platforms, found, destination, source, action, chart } = item;
  const target = referenceOf(destination);
  const [from, to] = await Promise.all([work.origins(referenceOf(source), chart), work.registries.repository(target)]);
  const name = tagOrDigest(target);
  const read = (one: string) => from.manifest(one, signal);
  const place = async (blob: Descriptor) => {
    const way = { from: () => mustHave(from, blob, signal), to, signal };
    return [await work.blobs.place(blob, way), blob.size] as const;
  };
  const pending = item.referrers?.filter(({ there }) => !there) ?? [];
  const attach = async (): Promise<Sends> => {
    const sends: (readonly [Placed, number])[] = [];
    const placeOne = async (blob: Descriptor) => void sends.push(await place(blob));
    await copyReferrers({ name: source, read, to, place: placeOne, tags: work.tags, signal }, pending);
    return sends;
  };
  const before = work.isFresh ? found : await digestNow(to, name, signal, found);
  // A plan that repairs what is incomplete has found the digest itself.
  if (before === digest && (found !== digest || action === 'attach')) {
    if (pending.length === 0) return { outcome: 'already-there', ...sentOf([]) };
    return { outcome: 'attached', ...sentOf(await attach()), referrers: pending.length };
  }
  if ((before !== undefined && before !== found && before !== digest) || action === 'attach') {
    throw tagMoved(destination, digest, found, before);
  }
  const tree = await readTree(source, sourceDigest, read, platforms);
  const placed = valuesOf(await mapConcurrently(tree.blobs, atOnce, place));
  for (const manifest of tree.manifests.slice(0, -1)) {
    if ((await digestNow(to, manifest.digest, signal, undefined)) === undefined)
      await putManifest(to, manifest.digest, manifest, signal);
  }
  const root = tree.manifests.at(-1);
  if (root?.digest !== digest) throw new Error(`${source} gave ${root?.digest} instead of ${digest}`);
  const put = (reference: string) =>
    putManifest(to, reference, root, signal).catch((error: unknown) => {
      throw platforms?.as === 'sparse' ? sparseRefused(error, to, destination) : error;
    });
  const attached: (readonly [Placed, number])[] = [];
  if (pending.length > 0 && name !== digest) {
    await put(digest);
    attached.push(...(await attach()));
  }
  const now = await digestNow(to, name, signal, before);
  if (now !== before) throw tagMoved(destination, digest, before, now);
  await put(name);
  if (pending.length > 0 && name === digest) attached.push(...(await attach()));
  return {
    outcome: found === undefined || found === digest ? 'copied' : 'overwritten',
    ...sentOf([...placed, ...attached]),
    ...(pending.length === 0 ? {} : { referrers: pending.length }),
  };
}

function sentOf(placed: Sends): Pick<Sent, 'bytes' | 'uploaded' | 'mounted'> {
  const uploaded = placed.filter(([how]) => how === 'uploaded');
  return {
    bytes: uploaded.reduce((sum, [, size]) => sum + size, 0),
    uploaded: uploaded.length,
    mounted: placed.filter(([how]) => how === 'mounted').length,
  };
}

/**
 * Before a repository exists, a registry with a token service refuses to look into it; whether we may write, the first upload tells.
 * @param known what it named before: where that was nothing, nothing is expected
 */
async function digestNow(
  to: Repository,
  name: string,
  signal: AbortSignal,
  known: string | undefined,
): Promise<string | undefined> {
  try {
    return await findDigest(to, name, signal, known === undefined ? 'absent' : undefined);
  } catch (error) {
    if (error instanceof RegistryFailure && error.problem === 'refused' && to.api.isTokenService()) return undefined;
    throw error;
  }
}

/** A registry that wants all images of an index, as distribution does unless it is told otherwise. */
const sparseRefused = (error: unknown, { api }: Repository, destination: string): unknown =>
  error instanceof RegistryFailure && (error.problem === 'other' || error.status === 400)
    ? new RegistryFailure(
        `${destination} was not written`,
        `${error.why}; a registry that wants all images of an index needs platforms.as: rewrite or child, or no platforms`,
        'other',
        api.registry,
      )
    : error;

const tagMoved = (destination: string, digest: string, planned: string | undefined, now: string | undefined) =>
  refusedError({
    what: `${destination} is not overwritten`,
    why: `it named ${planned ?? 'nothing'}, should name ${digest}, and now names ${now ?? 'nothing'}: something else writes to it`,
    hint: 'find the other writer, then make a new plan: op mirror resolve',
  });
