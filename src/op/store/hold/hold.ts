import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { startInBackground } from '../../kit/process/background.js';
import type { Lock } from './lock.js';
import { releaseLock } from './release.js';
import { keepLock, type RenewalTiming } from './renew.js';
import { takeLock } from './take.js';

/** Who wants a lock, and for how long. */
export interface LockClaim {
  /** `pipelinerun/NAMESPACE/NAME/UID`, `taskrun/…`, or any other name; a holder continues with a lock that it already holds. */
  readonly holder: string;
  /** Keep it after success, for the next task of the same run. */
  readonly keep: boolean;
  /** Milliseconds to wait for another holder; 0: refuse at once. */
  readonly wait: number;
  /** What to do when another holder does not end in time, for the error. */
  readonly advice?: string;
  /** Tests use other values. */
  readonly settings?: HoldSettings;
}

/** A lock that is held, renewed and watched; the end of its `await using` releases it. */
export interface HeldLock extends AsyncDisposable {
  /** Aborted when the lock is lost. */
  readonly context: Context;
  /**
   * Call this when the work has succeeded: only then is a lock kept that should be kept.
   * @throws OpError (tool) when the lock was lost while the work did not look at the signal: it may not have been alone
   */
  readonly succeeded: () => void;
}

/** When a lock is renewed, and how op recognises its own cluster. */
export interface HoldSettings extends RenewalTiming {
  /** The CA certificate of the API server that Kubernetes mounts into a pod: it differs between any two clusters. */
  readonly certificateFile: string;
}

/** A lock lasts 60 s: the work is stopped before another holder may take it. */
export const defaultSettings: HoldSettings = {
  certificateFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
  renewEvery: 20_000,
  giveUp: 45_000,
};

/**
 * Takes a lock, and waits while another holder has it (see `judgeTakeover` for when it is taken over).
 * @throws OpError (deadline) when the other holder does not end in time, (refused) when it should not be waited for, (tool) when the lock cannot be read or written
 */
export async function holdLock(context: Context, lock: Lock, claim: LockClaim): Promise<HeldLock> {
  const { holder, keep, wait, advice = 'run this again when it has ended', settings = defaultSettings } = claim;
  const identity = { holder, cluster: await fingerprintOfCluster(settings) };
  try {
    await takeLock(context, lock, { identity, wait, advice });
  } catch (error) {
    // When op is stopped during the request, the server may still have granted the lock.
    if (context.signal.aborted) await releaseLock(context, lock, identity, false);
    throw error;
  }
  const holding = startInBackground(context, (inner) => keepLock(inner, lock.within(inner), identity, settings));
  let succeeded = false;
  return {
    context: holding.context,
    succeeded: () => {
      holding.context.signal.throwIfAborted();
      succeeded = true;
    },
    [Symbol.asyncDispose]: async () => {
      await holding[Symbol.asyncDispose]();
      await releaseLock(context, lock, identity, keep && succeeded);
    },
  };
}

/** Identifies the cluster that op runs in; empty outside a pod. */
export async function fingerprintOfCluster({
  certificateFile,
}: Pick<HoldSettings, 'certificateFile'>): Promise<string> {
  const certificates = await readFile(certificateFile).catch(() => undefined);
  return certificates === undefined ? '' : createHash('sha256').update(certificates).digest('hex').slice(0, 16);
}
