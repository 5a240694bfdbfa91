import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { startInBackground } from '../../kit/process/background.js';
import { type KubernetesApi, openApi, type Where } from '../../systems/kubernetes/api.js';
import { holdLease } from './hold.js';
import type { LeaseClaim } from './lease.js';
import { releaseLease } from './release.js';
import { type LeaseRequest, leaseNameOf } from './request.js';
import { takeLease } from './take.js';

/** A Lease that is held, renewed and watched; the end of its `await using` releases it. */
export interface HeldLease extends AsyncDisposable {
  /** Aborted when the Lease is lost. */
  readonly context: Context;
  /** The API for that context. */
  readonly api: KubernetesApi;
  /**
   * Call this when the work has succeeded: only then is a Lease kept that should be kept.
   * @throws OpError (tool) when the Lease was lost while the work did not look at the signal: it may not have been alone
   */
  readonly succeeded: () => void;
}

/** When a Lease is renewed, and how op recognises its own cluster; tests use other values. */
export interface LeaseSettings {
  /** The CA certificate of the API server that Kubernetes mounts into a pod: it differs between any two clusters. */
  readonly certificateFile: string;
  /** Milliseconds between two renewals. */
  readonly renewEvery: number;
  /** Milliseconds without a renewal after which the work is stopped: before another holder may take the Lease. */
  readonly giveUp: number;
}

export const defaultSettings: LeaseSettings = {
  certificateFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
  renewEvery: 20_000,
  giveUp: 45_000,
};

/**
 * Acquires the Lease `octopipeline-ENVIRONMENT-COMPONENT` in the namespace of the API, so that two deliveries to one environment do not
 * interleave. Waits while another holder has it (see `judgeTakeover` for when it is taken over).
 * @param request undefined: no Lease, and no waiting
 * @example
 * await using lease = await acquireLease(context, api, request);
 * await deliver(lease.context);
 * lease.succeeded();
 * @throws OpError (deadline) when the other holder does not end in time, (tool) without the right to Leases
 */
export async function acquireLease(
  context: Context,
  api: KubernetesApi,
  request: LeaseRequest | undefined,
  settings: LeaseSettings = defaultSettings,
): Promise<HeldLease> {
  if (request === undefined) return { context, api, ...noLease };
  const { holder, keep, wait } = request;
  const identity = { holder, cluster: await fingerprintOfCluster(settings) };
  const claim: LeaseClaim = { name: leaseNameOf(request), identity, wait };
  try {
    await takeLease(context, api, claim);
  } catch (error) {
    // When op is stopped during the request, the server may still have granted the Lease.
    if (context.signal.aborted) await releaseLease(context, api, claim, false);
    throw error;
  }
  const holding = startInBackground(context, (inner) => holdLease(inner, api.within(inner), claim, settings));
  let succeeded = false;
  return {
    context: holding.context,
    api: api.within(holding.context),
    succeeded: () => {
      holding.context.signal.throwIfAborted();
      succeeded = true;
    },
    [Symbol.asyncDispose]: async () => {
      await holding[Symbol.asyncDispose]();
      await releaseLease(context, api, claim, keep && succeeded);
    },
  };
}

/** The same for a command that needs the API for the Lease only: without a request it is not opened. */
export async function acquireLeaseAt(
  context: Context,
  cluster: Where,
  request: LeaseRequest | undefined,
): Promise<Omit<HeldLease, 'api'>> {
  if (request === undefined) return { context, ...noLease };
  const api = await openApi(context, cluster);
  try {
    const lease = await acquireLease(context, api, request);
    return {
      context: lease.context,
      succeeded: lease.succeeded,
      [Symbol.asyncDispose]: async () => {
        await lease[Symbol.asyncDispose]();
        await api[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await api[Symbol.asyncDispose]();
    throw error;
  }
}

const noLease = { succeeded: () => undefined, [Symbol.asyncDispose]: async () => undefined };

/** Identifies the cluster that op runs in; empty outside a pod. */
export async function fingerprintOfCluster({ certificateFile }: LeaseSettings): Promise<string> {
  const certificates = await readFile(certificateFile).catch(() => undefined);
  return certificates === undefined ? '' : createHash('sha256').update(certificates).digest('hex').slice(0, 16);
}
