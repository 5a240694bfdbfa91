import type { Snapshot } from '../read/snapshot.js';

/** The snapshots of a watch, for code that waits for one of them. */
export interface SnapshotFeed {
  /** Undefined before the first one. */
  readonly latest: () => Snapshot | undefined;
  /** Resolves as soon as a snapshot fits, which may be the latest one. */
  readonly until: (fits: (snapshot: Snapshot) => boolean) => Promise<void>;
}

/** A feed with the side that publishes to it. */
export interface PublishedFeed extends SnapshotFeed {
  readonly publish: (snapshot: Snapshot) => void;
}

/** Starts without a snapshot. */
export function createSnapshotFeed(): PublishedFeed {
  let latest: Snapshot | undefined;
  const waiters = new Set<(snapshot: Snapshot) => void>();
  return {
    latest: () => latest,
    until: (fits) =>
      new Promise((resolve) => {
        const check = (snapshot: Snapshot) => {
          if (!fits(snapshot)) return;
          waiters.delete(check);
          resolve();
        };
        waiters.add(check);
        if (latest !== undefined) check(latest);
      }),
    publish: (snapshot) => {
      latest = snapshot;
      for (const check of waiters) check(snapshot);
    },
  };
}
