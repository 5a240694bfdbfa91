import { writeAtomic } from '../../kit/files/write-atomic.js';
import { countOf, table } from '../../kit/log/format.js';

/**
 * What becomes of an image that is not selected any more: `delete` it; `keep` it by a rule; it is `gone` from the destination already; it
 * was `moved` by somebody else, whose it is now; or a registry did not say (`unknown`). After a deletion also `deleted` and `failed`.
 */
export const pruneActions = ['delete', 'deleted', 'failed', 'keep', 'gone', 'moved', 'unknown'] as const;
export type PruneAction = (typeof pruneActions)[number];

/** One image that this mirror wrote and does not select any more. */
export interface PruneItem {
  readonly destination: string;
  /** What the destination has there; null if nothing, or if it was not asked. */
  readonly digest: string | null;
  readonly action: PruneAction;
  readonly goneAt: string;
  readonly why: string;
}

/** What `op mirror prune` will do, or has done. */
export interface PrunePlan {
  readonly version: 1;
  readonly createdAt: string;
  readonly mirrorFile: string;
  readonly mirrorDigest: string;
  /** Why nothing of it may be deleted; empty if it may. */
  readonly refused: readonly string[];
  readonly items: readonly PruneItem[];
}

/** Writes it for people and programs: `prune.json`. */
export const writePrunePlan = (file: string, plan: PrunePlan): Promise<void> =>
  writeAtomic(file, `${JSON.stringify(plan, undefined, 1)}\n`);

/** A line for each image. */
export function pruneTable({ items }: PrunePlan): string {
  if (items.length === 0) return '';
  const rows = items.map(({ action, destination, digest, goneAt, why }) => [
    action,
    destination,
    digest?.slice(0, 19) ?? '-',
    goneAt.slice(0, 10),
    why,
  ]);
  return `${table([['ACTION', 'DESTINATION', 'DIGEST', 'GONE SINCE', 'WHY'], ...rows])}\n`;
}

/** `2 delete, 1 keep, 1 moved`, of what is not selected any more. */
export function pruneTotals(items: readonly PruneItem[]): string {
  const counts = pruneActions.flatMap((action) => {
    const count = items.filter((item) => item.action === action).length;
    return count === 0 ? [] : [`${count} ${action}`];
  });
  const all = `${countOf(items.length, 'image')} of this mirror ${items.length === 1 ? 'is' : 'are'} not selected any more`;
  return counts.length === 0 ? 'every image of this mirror is still selected' : `${all}: ${counts.join(', ')}`;
}
