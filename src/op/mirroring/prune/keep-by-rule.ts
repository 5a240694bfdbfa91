import type { RecordedImage, RecordedRun } from '../history/recorded.js';
import type { WrittenImage } from '../history/written.js';
import { matchesOne } from '../mirror-file/pattern.js';
import type { KeepRules } from '../mirror-file/prune-rules.js';
import { referenceOf } from '../plan/plan.js';
import { selectTags } from '../resolve/select-tags.js';

/** An image that is not selected any more. */
export type GoneImage = WrittenImage & { readonly goneAt: string };

export const isGone = (image: WrittenImage): image is GoneImage => image.goneAt !== null;

const day = 24 * 3_600_000;

/** What is known when rules are applied. */
export interface KnownRuns {
  /** The newest recorded runs, the newest first: as many as `keep.runs` says. */
  readonly runs: readonly RecordedRun[];
  /** What the newest of them left at the destination. */
  readonly selected: readonly RecordedImage[];
  readonly now: Date;
}

/** Why an image is kept, by its destination: the first rule that says so. What is not in it may be deleted. */
export function keptByRule(
  images: readonly WrittenImage[],
  { newest, sort, days, tags = [], runs = 0 }: KeepRules,
  known: KnownRuns,
): ReadonlyMap<string, string> {
  const gone = images.filter(isGone);
  const shared = selectedDigests(known.selected);
  const held = runs === 0 ? new Map<string, string>() : heldBy(known.runs);
  const newestOnes = newest === undefined ? new Map<string, string>() : newestIn(gone, newest, sort);
  return new Map(
    gone.flatMap((image): readonly [string, string][] => {
      const { destination, goneAt } = image;
      const { tag } = referenceOf(destination);
      const age = (known.now.getTime() - Date.parse(goneAt)) / day;
      const run = image.digests.map((digest) => held.get(`${destination} ${digest}`)).find((id) => id !== undefined);
      const other = image.digests.map((digest) => shared.get(placeIn(destination, digest))).find(Boolean);
      const why =
        other !== undefined
          ? `is the same image as ${other}, which is selected`
          : tag !== undefined && matchesOne(tags, tag)
            ? 'keep.tags'
            : days !== undefined && age < days
              ? `keep.days: gone for ${Math.floor(Math.max(0, age))} of ${days} days`
              : run !== undefined
                ? `keep.runs: run ${run} had it`
                : newestOnes.get(destination);
      return why === undefined ? [] : [[destination, why]];
    }),
  );
}

/** `REGISTRY/PATH@DIGEST` */
const placeIn = (destination: string, digest: string): string => `${repositoryOf(destination)}@${digest}`;

/** `REGISTRY/PATH` */
export const repositoryOf = (destination: string): string => {
  const { registry, path } = referenceOf(destination);
  return `${registry}/${path}`;
};

/** Images that are selected still, by repository and digest. */
function selectedDigests(images: readonly RecordedImage[]): ReadonlyMap<string, string> {
  return new Map(
    images.flatMap(({ destination, digest }): readonly [string, string][] =>
      digest === null ? [] : [[placeIn(destination, digest), destination]],
    ),
  );
}

function heldBy(runs: readonly RecordedRun[]): ReadonlyMap<string, string> {
  return new Map(
    runs
      .toReversed()
      .flatMap(({ run, images }) =>
        images.flatMap(({ destination, digest }): readonly [string, string][] =>
          digest === null ? [] : [[`${destination} ${digest}`, run.id]],
        ),
      ),
  );
}

function newestIn(gone: readonly GoneImage[], newest: number, sort: KeepRules['sort']): ReadonlyMap<string, string> {
  const byRepository = new Map<string, GoneImage[]>();
  for (const image of gone) {
    const repository = repositoryOf(image.destination);
    byRepository.set(repository, [...(byRepository.get(repository) ?? []), image]);
  }
  return new Map(
    [...byRepository].flatMap(([repository, images]) =>
      chosenOf(images, newest, sort).map(({ image, why }): [string, string] => [
        image.destination,
        why ?? `keep.newest: one of ${newest} in ${repository}`,
      ]),
    ),
  );
}

interface Chosen {
  readonly image: GoneImage;
  readonly why?: string;
}

function chosenOf(images: readonly GoneImage[], newest: number, sort: KeepRules['sort']): readonly Chosen[] {
  if (sort === undefined) {
    const byTime = images.toSorted((one, other) => (one.writtenAt > other.writtenAt ? -1 : 1));
    // What was copied in one run has no order: all of those that share the last place are kept.
    const last = byTime[newest - 1]?.writtenAt ?? '';
    return byTime.filter(({ writtenAt }) => writtenAt >= last).map((image) => ({ image }));
  }
  const tagOf = ({ destination }: GoneImage) => referenceOf(destination).tag;
  const byTag = new Map(images.map((image) => [tagOf(image), image]));
  const ordered = selectTags(
    [...byTag.keys()].filter((tag) => tag !== undefined),
    { sort },
  );
  const placed = new Set<string | undefined>(ordered);
  return [
    ...ordered
      .slice(0, newest)
      .flatMap((tag) => byTag.get(tag) ?? [])
      .map((image) => ({ image })),
    ...images
      .filter((image) => !placed.has(tagOf(image)))
      .map((image) => ({ image, why: `keep.sort: its tag has no place in the order (${sort})` })),
  ];
}
