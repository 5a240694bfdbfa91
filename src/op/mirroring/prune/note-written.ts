import type { RecordedImage } from '../history/recorded.js';
import type { WrittenImage } from '../history/written.js';
import type { PlanItem } from '../plan/plan.js';
import type { Report } from '../report/reported.js';

type Images = readonly WrittenImage[];

/** Before a copy: what it will write is ours, also when it is stopped before it can say so. */
export function beforeCopy(before: Images, items: readonly PlanItem[], now: string): Images {
  const images = byPlace(before);
  for (const { action, destination, source, digest } of items) {
    if ((action !== 'copy' && action !== 'overwrite') || digest === undefined) continue;
    const known = images.get(destination);
    const digests = [...new Set([...(known?.digests ?? []), digest])];
    images.set(destination, { destination, source, digests, writtenAt: known?.writtenAt ?? now, goneAt: null });
  }
  return [...images.values()];
}

/**
 * After a run: what it wrote is ours, what it found there only if we wrote it before, and what is not selected any more is gone from now on.
 * @param left what is recorded of the run; what is in it and not in the report comes from sources that could not be listed
 */
export function afterRun(
  before: Images,
  { images: reported }: Pick<Report, 'images'>,
  left: readonly RecordedImage[],
  now: string,
): Images {
  const images = byPlace(before);
  const selected = new Set(left.map(({ destination }) => destination));
  for (const [destination, image] of images) {
    if (!selected.has(destination) && image.goneAt === null) images.set(destination, { ...image, goneAt: now });
  }
  for (const { destination, source, digest, outcome } of reported) {
    const known = images.get(destination);
    if ((outcome === 'copied' || outcome === 'overwritten') && digest !== null) {
      images.set(destination, { destination, source, digests: [digest], writtenAt: now, goneAt: null });
    } else if (known !== undefined && (outcome === 'unchanged' || outcome === 'attached') && digest !== null) {
      // Somebody else has written what the source has now.
      if (!known.digests.includes(digest)) images.delete(destination);
      else images.set(destination, { ...known, source, digests: [digest], goneAt: null });
    } else if (known !== undefined) images.set(destination, { ...known, goneAt: null });
  }
  return [...images.values()];
}

const byPlace = (images: Images) => new Map(images.map((image) => [image.destination, image]));
