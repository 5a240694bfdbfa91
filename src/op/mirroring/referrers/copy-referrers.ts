import { refusedError } from '../../kit/errors/op-error.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Descriptor, Manifest } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { findDigest, putManifest } from '../../systems/registry/client/manifests.js';
import { tagOfDigest } from '../../systems/registry/client/referrers.js';
import { nameOf, type Repository } from '../../systems/registry/client/repository.js';
import type { ReferrerTagWriter } from '../../systems/registry/copy/referrer-tag-writer.js';
import type { PlannedReferrer } from '../plan/referrers.js';
import { readTree } from '../registries/manifests.js';
import { isCosignTag } from './kinds.js';

/** Where referrers come from and go to. */
export interface ReferrerWay {
  /** The image, for messages. */
  readonly name: string;
  readonly read: (digest: string) => Promise<Manifest>;
  readonly to: Repository;
  /** Brings a blob to the destination. */
  readonly place: (blob: Descriptor) => Promise<void>;
  readonly tags: ReferrerTagWriter;
  readonly signal: AbortSignal;
}

/**
 * Copies what refers to an image that is there: blobs, then the manifests, each after its subject, and last the lists of a registry that has no
 * API for them.
 * @throws OpError (tool), (refused) when one of cosign's tags was given to something else since the plan was made
 */
export async function copyReferrers(
  { name, read, to, place, tags, signal }: ReferrerWay,
  pending: readonly PlannedReferrer[],
): Promise<void> {
  const unlisted = new Map<string, Manifest[]>();
  for (const { subject, kind, digest, found } of pending) {
    const tree = await readTree(name, digest, read);
    const root = tree.manifests.at(-1);
    if (root === undefined || (!isCosignTag(kind) && root.subject !== subject)) throw notAbout(name, digest, subject);
    valuesOf(await mapConcurrently(tree.blobs, 4, place));
    for (const manifest of tree.manifests.slice(0, -1)) await putManifest(to, manifest.digest, manifest, signal);
    if (isCosignTag(kind)) {
      await putTag(to, tagOfDigest(subject, kind), root, found, signal);
      continue;
    }
    const { isListed } = await putManifest(to, digest, root, signal);
    if (!isListed) unlisted.set(subject, [...(unlisted.get(subject) ?? []), root]);
  }
  for (const [subject, manifests] of unlisted) await tags.add(to, subject, manifests, signal);
}

async function putTag(
  to: Repository,
  tag: string,
  manifest: Manifest,
  planned: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const now = await findDigest(to, tag, signal);
  if (now !== undefined && now !== planned && now !== manifest.digest) {
    throw refusedError({
      what: `${nameOf(to, tag)} is not overwritten`,
      why: `it named ${planned ?? 'nothing'}, should name ${manifest.digest}, and now names ${now}: something else writes to it`,
      hint: 'find the other writer, then make a new plan: op mirror resolve',
    });
  }
  await putManifest(to, tag, manifest, signal);
}

const notAbout = (name: string, digest: string, subject: string) =>
  new RegistryFailure(
    `cannot copy what refers to ${name}`,
    `${digest} does not refer to ${subject}`,
    'other',
    name.split('/')[0] ?? '',
  );
