import { OpError, refusedError } from '../../kit/errors/op-error.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Manifest } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { findDigest, putManifest } from '../../systems/registry/client/manifests.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import { blobIn } from '../../systems/registry/copy/blob-source.js';
import { retryTransfer } from '../../systems/registry/copy/retry-transfer.js';
import { formatReference, registryOf } from '../../systems/registry/reference.js';
import { atTag, type ImagePlan } from './plan.js';
import { readTree } from './read-tree.js';
import type { PromoteRegistries } from './registries.js';

/** Blobs of one image, or manifests of one index, at the same time. */
const atOnce = 4;

/**
 * Copies an image with all its platforms, what refers to any of them, and what tags that are named for its digest name; each by its digest and
 * without a tag. What the destination has is not sent again. An image whose tag is there is complete. Where nothing else comes with it, the
 * manifest of the image itself is left to `putTag`: to send it twice takes longer, and proves nothing.
 * @throws OpError (tool)
 */
export const copyManifests = (registries: PromoteRegistries, plan: ImagePlan): Promise<void> =>
  explained(plan, async () => {
    const [from, to] = await Promise.all([registries.repository(plan.from), registries.repository(plan.to)]);
    const copy = (digest: string) => copyTree(registries, { from, to }, digest, plan);
    const { referrers = [], digestTags } = plan;
    const isAlone = referrers.length === 0 && digestTags.length === 0;
    if (isAlone && plan.to.tag !== undefined) await copyBelow(registries, { from, to }, plan.digest, plan);
    else if (plan.action !== 'attach') await copy(plan.digest);
    const unlisted = new Map<string, Manifest[]>();
    const tagged = new Set(digestTags.map(({ tag }) => tag));
    for (const { digest } of digestTags) await copy(digest);
    for (const digest of referrers.filter((one) => !tagged.has(one))) {
      const { root, isListed } = await copy(digest);
      if (isListed || root.subject === undefined) continue;
      unlisted.set(root.subject, [...(unlisted.get(root.subject) ?? []), root]);
    }
    const { signal } = registries;
    for (const [subject, manifests] of unlisted) await registries.tags.add(to, subject, manifests, signal);
  });

interface Way {
  readonly from: Repository;
  readonly to: Repository;
}

/** Blobs, then the manifests that name them, and last what names these. */
async function copyTree(
  registries: PromoteRegistries,
  way: Way,
  digest: string,
  plan: ImagePlan,
): Promise<{ readonly root: Manifest; readonly isListed: boolean }> {
  const root = await copyBelow(registries, way, digest, plan);
  return { root, ...(await write(registries, plan, way.to, digest, root)) };
}

/** All that a manifest names; gives the manifest, which is not written. */
async function copyBelow(
  registries: PromoteRegistries,
  { from, to }: Way,
  digest: string,
  plan: ImagePlan,
): Promise<Manifest> {
  const { manifests, blobs, signal } = registries;
  const tree = await readTree(registries, from, digest, plan.from);
  const place = { to, signal };
  valuesOf(
    await mapConcurrently(tree.blobs, atOnce, (blob) =>
      blobs.place(blob, { ...place, from: async () => blobIn(from, blob) }),
    ),
  );
  const put = (one: Manifest) => write(registries, plan, to, one.digest, one);
  const below = tree.manifests.slice(0, -1);
  const isImage = ({ children }: Manifest) => children.length === 0;
  valuesOf(await mapConcurrently(below.filter(isImage), atOnce, put));
  for (const index of below) if (!isImage(index)) await put(index);
  return manifests.manifest(from, digest, signal);
}

/**
 * Stores a manifest, again while others store what belongs to it. A registry that wants layers that may not be distributed will want them at
 * the next attempt, too.
 */
const write = (
  { pauses, log, signal }: PromoteRegistries,
  { foreignLayers }: Pick<ImagePlan, 'foreignLayers'>,
  to: Repository,
  reference: string,
  manifest: Manifest,
): Promise<{ readonly isListed: boolean }> =>
  retryTransfer({ log, signal }, foreignLayers.length > 0 ? [] : pauses, () =>
    putManifest(to, reference, manifest, signal),
  );

/** A tag, and what it should name. */
export type TagToSet = Pick<ImagePlan, 'imageName' | 'from' | 'to' | 'digest' | 'found' | 'foreignLayers'>;

/** Gives a manifest that is there its tag. Checks the tag first: it may have been given to another image during the copy. */
export const putTag = (registries: PromoteRegistries, plan: TagToSet): Promise<void> =>
  explained(plan, async () => {
    const { to, digest, found } = plan;
    if (to.tag === undefined) return;
    const { manifests, signal } = registries;
    const [source, target] = await Promise.all([registries.repository(plan.from), registries.repository(to)]);
    const now = await findDigest(target, to.tag, signal, found === undefined ? 'absent' : undefined);
    if (now === digest) return;
    if (now !== found) throw tagMoved(plan, now);
    await write(registries, plan, target, to.tag, await manifests.manifest(source, digest, signal));
  });

/** Says what could not be copied, and why. */
async function explained<Value>(plan: Omit<TagToSet, 'imageName'>, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RegistryFailure)) throw error;
    const what = `cannot copy ${formatReference(plan.from)} to ${formatReference(plan.to)}`;
    throw new OpError('tool', { what, why: `${error.message}: ${error.why}`, hint: hintOf(plan, error), cause: error });
  }
}

function hintOf(
  { to, foreignLayers }: Omit<TagToSet, 'imageName'>,
  { problem, hint, status, message }: RegistryFailure,
) {
  const registry = registryOf(to);
  if (problem === 'no-referrers') {
    return `${registry} does not keep what refers to an image: sign it there, and leave signatures and attestations behind with --referrers=false`;
  }
  // All others were found there.
  const lacksLayers = message.startsWith('cannot write ') && (status === 400 || status === 404);
  if (foreignLayers.length === 0 || !lacksLayers) return hint;
  return `the image has layers that may not be distributed, such as those of Windows, and ${registry} wants all layers: allow such layers there, or use a base image without them`;
}

export const tagMoved = (
  { imageName, to, digest }: Pick<ImagePlan, 'imageName' | 'to' | 'digest'>,
  now: string | undefined,
) =>
  refusedError({
    what: `image "${imageName}" is not what ${formatReference(atTag(to))} names`,
    why: `${digest} was copied, but the tag now names ${now ?? 'nothing'}: something else writes to it`,
    hint: 'find the other writer; a Lease (--lease-holder) keeps two deliveries apart',
  });
