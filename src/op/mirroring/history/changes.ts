import { isFailing, type RecordedImage, type RecordedOutcome, type RecordedRun, type Run } from './recorded.js';

/** What is different about one image. */
export interface Change {
  readonly source: string;
  readonly destination: string;
  /** What the destination had and has; null: nothing, or it is not known. */
  readonly from: string | null;
  readonly to: string | null;
  /** How the image is now; for one that is gone, how it was. */
  readonly outcome: RecordedOutcome;
}

/** What is different from an earlier run: each image is in one list at most. */
export interface Changes {
  readonly since: Pick<Run, 'id' | 'verifiedAt'>;
  /** Was not selected before. */
  readonly added: readonly Change[];
  /** As it should be before and now, and another image. */
  readonly changed: readonly Change[];
  /** Is not selected any more; the destination may still have it. */
  readonly gone: readonly Change[];
  /** Fails now, and did not before. */
  readonly failing: readonly Change[];
  /** Failed before, and fails now. */
  readonly stillFailing: readonly Change[];
  /** Failed before, and does not now. */
  readonly recovered: readonly Change[];
}

/** The lists, in the order in which people want to read them. */
export const changeKinds = ['failing', 'stillFailing', 'recovered', 'changed', 'added', 'gone'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** Compares what two runs left at the destination. @param unknown images of the earlier run about which this one does not say anything */
export function changesSince(
  { run, images: before }: RecordedRun,
  unknown: readonly RecordedImage[],
  now: readonly RecordedImage[],
): Changes {
  const earlier = new Map(before.map((image) => [image.destination, image]));
  for (const { destination } of unknown) earlier.delete(destination);
  const lists: Record<ChangeKind, Change[]> = {
    failing: [],
    stillFailing: [],
    recovered: [],
    changed: [],
    added: [],
    gone: [],
  };
  for (const { source, destination, digest, outcome } of now) {
    const was = earlier.get(destination);
    earlier.delete(destination);
    const kind = kindOf(was, { digest, outcome });
    if (kind !== undefined) lists[kind].push({ source, destination, from: was?.digest ?? null, to: digest, outcome });
  }
  for (const { source, destination, digest, outcome } of earlier.values()) {
    lists.gone.push({ source, destination, from: digest, to: null, outcome });
  }
  return { since: { id: run.id, verifiedAt: run.verifiedAt }, ...lists };
}

function kindOf(was: RecordedImage | undefined, is: Pick<RecordedImage, 'digest' | 'outcome'>): ChangeKind | undefined {
  const failed = was !== undefined && isFailing(was.outcome);
  if (isFailing(is.outcome)) return failed ? 'stillFailing' : 'failing';
  if (failed) return 'recovered';
  if (was === undefined) return 'added';
  return was.digest === is.digest ? undefined : 'changed';
}
