import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { startProgress } from '../../kit/log/progress.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { findDigest } from '../../systems/registry/client/manifests.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import type { WrittenImage } from '../history/written.js';
import type { Mirror } from '../mirror-file/read.js';
import { referenceOf, tagOrDigest } from '../plan/plan.js';
import { type GoneImage, isGone } from './keep-by-rule.js';
import type { PruneItem, PrunePlan } from './prune-plan.js';

/** Asks the destination for what no rule keeps, and says what is to be done with each image. Nothing is deleted. */
export async function planPrune(
  context: Context,
  { mirror, registries }: { readonly mirror: Mirror; readonly registries: Registries },
  images: readonly WrittenImage[],
  kept: ReadonlyMap<string, string>,
): Promise<PrunePlan> {
  const gone = images.filter(isGone);
  const asked = gone.filter(({ destination }) => !kept.has(destination));
  using progress = startProgress(context, 'asking the destination', asked.length);
  const answers = valuesOf(
    await mapConcurrently(asked, 4 * mirror.parallel, (image) =>
      ask(context, mirror, registries, image).finally(progress.done),
    ),
  );
  const byPlace = new Map(answers.map((item) => [item.destination, item]));
  const items = gone.map(
    ({ destination, goneAt }): PruneItem =>
      byPlace.get(destination) ?? {
        destination,
        digest: null,
        action: 'keep',
        goneAt,
        why: kept.get(destination) ?? '',
      },
  );
  const count = items.filter(({ action }) => action === 'delete').length;
  const { deletions = Number.POSITIVE_INFINITY } = mirror.limits;
  return {
    version: 1,
    createdAt: context.now().toISOString(),
    mirrorFile: mirror.file,
    mirrorDigest: mirror.digest,
    refused:
      count > deletions ? [`${countOf(count, 'image')} would be deleted, and limits.deletions is ${deletions}`] : [],
    items,
  };
}

async function ask(
  context: Context,
  { timeout }: Mirror,
  registries: Registries,
  image: GoneImage,
): Promise<PruneItem> {
  const { destination, goneAt } = image;
  const named = { destination, goneAt };
  using deadline = startDeadline(context, timeout, {
    what: `cannot look for ${destination}`,
    why: `it took longer than ${timeout / 1000} s`,
    hint: 'increase run.timeout',
  });
  try {
    const target = referenceOf(destination);
    const repository = await registries.repository(target);
    const digest = await findDigest(repository, tagOrDigest(target), deadline.context.signal);
    return { ...named, ...judge(image, digest) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof OpError) || error.kind === 'input') throw error;
    return { ...named, digest: null, action: 'unknown', why: `${error.message}: ${error.why}` };
  }
}

/** What is to be done with an image, by what the destination has now: only what this mirror wrote is deleted. */
export function judge(
  { digests }: { readonly digests: readonly string[] },
  found: string | undefined,
): Pick<PruneItem, 'digest' | 'action' | 'why'> {
  if (found === undefined) return { digest: null, action: 'gone', why: 'the destination does not have it any more' };
  if (digests.includes(found)) return { digest: found, action: 'delete', why: '' };
  return { digest: found, action: 'moved', why: `somebody else wrote it: this mirror wrote ${digests.join(', ')}` };
}
