import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Descriptor } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import type { Tree } from '../../systems/registry/copy/image-tree.js';
import type { FoundReferrer } from '../referrers/compare-listed.js';
import { listedSide, type Pair, type ReferrerSide } from '../referrers/side.js';
import { readTree } from '../registries/manifests.js';
import type { ListedReferrer } from '../registries/origin.js';
import type { SegmentBlob, SegmentImage } from './segment/segment.js';
import type { Fresh, State } from './state.js';

/** What refers to an image by a segment, with what the segment says of these manifests. */
export const referrersOn = (
  image: SegmentImage | undefined,
  blobs: ReadonlyMap<string, SegmentBlob>,
): readonly ListedReferrer[] =>
  (image?.referrers ?? []).map((one) => {
    const { mediaType = '', size = 0 } = blobs.get(one.digest) ?? {};
    return { ...one, mediaType, size };
  });

/** What the other side has of that which refers to an image: only what came from here is known. */
export function referrersIn({ blobs }: State, image: SegmentImage | undefined): ReferrerSide {
  const name = 'the other side';
  const manifest = async (digest: string) => {
    throw new RegistryFailure(`cannot read ${digest}`, `${name} has it`, 'absent', name);
  };
  return { ...listedSide(name, referrersOn(image, blobs)), manifest, isOurs: true };
}

/** An image with what is new of that which refers to it. */
export async function withReferrers(
  { from, name }: Pair,
  image: Tree | undefined,
  found: readonly FoundReferrer[],
): Promise<Fresh> {
  const pending = found.filter(({ there }) => !there);
  const trees = valuesOf(await mapConcurrently(pending, 4, ({ digest }) => readTree(name, digest, from.manifest)));
  const all = image === undefined ? trees : [image, ...trees];
  const distinct = <One extends Descriptor>(many: readonly One[]) => [
    ...new Map(many.map((one) => [one.digest, one])).values(),
  ];
  return {
    manifests: distinct(all.flatMap(({ manifests }) => manifests)),
    blobs: distinct(all.flatMap(({ blobs }) => blobs)),
    referrers: pending.map(({ subject, kind, digest }) => ({ subject, kind, digest })),
  };
}
