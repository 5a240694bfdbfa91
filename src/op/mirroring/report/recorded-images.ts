import { pathOf } from '../../systems/registry/client/repository.js';
import { parseReference, registryOf } from '../../systems/registry/reference.js';
import type { RecordedImage, RecordedOutcome } from '../history/recorded.js';
import { folderOf } from '../mirror-file/chart-name.js';
import type { PlanItem } from '../plan/plan.js';
import type { ReportedImage } from './reported.js';

/** What a run left at the destination, of everything that it planned. */
export function recordedImages(items: readonly PlanItem[], images: readonly ReportedImage[]): readonly RecordedImage[] {
  const planned = new Map(items.map((item) => [item.destination, item]));
  return images.map(({ source, destination, digest, outcome, fails }): RecordedImage => {
    const found = planned.get(destination)?.found ?? null;
    const left = (outcome: RecordedOutcome, there: string | null) => ({ source, destination, digest: there, outcome });
    if (['copied', 'overwritten', 'attached', 'unchanged'].includes(outcome)) {
      // The image is there, and a signature of it is not.
      return left(fails ? 'drift' : 'mirrored', digest);
    }
    if (outcome === 'drift') return left(fails ? 'drift' : 'kept', found);
    if (outcome === 'unknown' || outcome === 'wrong') return left(outcome, null);
    return left(outcome === 'missing' ? 'missing' : 'failed', found);
  });
}

/**
 * The images of an earlier run that come from sources that could not be listed now: whether they are selected is not known, so they are
 * neither gone nor anything else, and the next run compares with them as they were.
 */
export function carriedOver(
  earlier: readonly RecordedImage[],
  now: readonly RecordedImage[],
  unlisted: readonly { readonly source: string }[],
): readonly RecordedImage[] {
  const isOf = comesFrom(unlisted);
  const known = new Set(now.map(({ destination }) => destination));
  return earlier.filter(({ source, destination }) => isOf(source) && !known.has(destination));
}

/** Tells whether an image comes from one of these sources: repositories, or all charts of a repository (`charts.example.com/stable/*`). */
export function comesFrom(sources: readonly { readonly source: string }[]): (image: string) => boolean {
  const names = new Set(sources.map(({ source }) => (source.endsWith('/*') ? source : repositoryIn(source))));
  return (image) => {
    const name = repositoryIn(image);
    return names.has(name) || names.has(`${folderOf(name)}/*`);
  };
}

/** The whole name of a repository: a mirror file may leave `docker.io/library` out. */
function repositoryIn(text: string): string {
  const read = parseReference(text);
  return 'problem' in read ? text : `${registryOf(read)}/${pathOf(read)}`;
}
