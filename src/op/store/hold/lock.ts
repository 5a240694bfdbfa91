import type { Context } from '../../context.js';

/** Seconds that a lock lasts without renewal while a command works. */
export const leaseSeconds = 60;
/** Seconds that it lasts between two tasks of one run: until the pod of the next task has started. */
export const keptSeconds = 900;

/** What a lock says; the fields of a Lease of Kubernetes. */
export interface LockState {
  /** Empty: free. */
  readonly holder: string;
  /** The cluster that the holder runs in; empty when unknown. */
  readonly cluster: string;
  readonly acquired: Date | undefined;
  readonly renewed: Date | undefined;
  /** It lasts this long after a renewal. */
  readonly seconds: number;
  /** How often it went to another holder. */
  readonly transitions: number;
}

/** A lock as it was read. */
export interface FoundLock extends LockState {
  /** Changes whenever the lock does. */
  readonly version: string;
}

/** One lock of a store: how to read, write and watch it. The rules of who may take it are the same in every store. */
export interface Lock {
  /** Such as `Lease octopipeline-dev-shop`. */
  readonly title: string;
  /** Such as `in namespace shop`. */
  readonly place: string;
  /** The command that frees it when its holder is gone. */
  readonly removal: string;
  /** The time; by the clock that all its users share, once the lock was read, if there is one. */
  readonly now: () => Date;
  /** Whether its users share a clock: then the times in it can be compared with `now`. */
  readonly sharedClock: boolean;
  readonly read: () => Promise<FoundLock | undefined>;
  /** `conflict`: there is one already. */
  readonly create: (state: LockState) => Promise<'done' | 'conflict'>;
  /** `conflict`: it was changed or removed since it was read. */
  readonly replace: (found: FoundLock, state: LockState) => Promise<'done' | 'conflict'>;
  /** Tells its state at once, and at each change until the signal. Rejects with an error of `onState`, and when it cannot be read. */
  readonly follow: (onState: (found: FoundLock | undefined) => void) => Promise<never>;
  /** The same for another context, whose signal then ends what is running. */
  readonly within: (context: Context) => Lock;
}

/** Who takes a lock. */
export interface HolderIdentity {
  readonly holder: string;
  /** Empty when unknown. */
  readonly cluster: string;
}

/** A lock that does not exist yet. */
export const newState = ({ holder, cluster }: HolderIdentity, now: Date): LockState => ({
  holder,
  cluster,
  acquired: now,
  renewed: now,
  seconds: leaseSeconds,
  transitions: 0,
});

/** The same lock for a holder: renewed when this holder has it already, else taken. */
export function takenBy({ holder, cluster }: HolderIdentity, found: LockState, now: Date): LockState {
  const same = found.holder === holder;
  const acquired = same ? (found.acquired ?? now) : now;
  const transitions = found.transitions + (same ? 0 : 1);
  return { holder, cluster, acquired, renewed: now, seconds: leaseSeconds, transitions };
}

/** The same lock, kept without a command that renews it. */
export const keptBy = (identity: HolderIdentity, found: LockState, now: Date): LockState => ({
  ...takenBy(identity, found, now),
  seconds: keptSeconds,
});

/** The same lock, free. */
export const released = (found: LockState, now: Date): LockState => ({
  holder: '',
  cluster: found.cluster,
  acquired: found.acquired,
  renewed: now,
  seconds: 1,
  transitions: found.transitions,
});

const units = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

/** A duration in its two largest units: `3m12s`, `2d4h`. */
export function ageText(milliseconds: number): string {
  let left = Math.max(0, Math.round(milliseconds / 1000));
  const parts: string[] = [];
  for (const [size, unit] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join('') || '0s';
}
