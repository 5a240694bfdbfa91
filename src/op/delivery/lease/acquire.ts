import type { Context } from '../../context.js';
import { chooseStore, type StoreChoice } from '../../store/choose/choose.js';
import { openStore } from '../../store/choose/open.js';
import { clusterStore } from '../../store/cluster/cluster.js';
import type { Store } from '../../store/documents/store.js';
import type { HeldLock, HoldSettings } from '../../store/hold/hold.js';
import type { KubernetesApi, Where } from '../../systems/kubernetes/api.js';
import { type LeaseRequest, leaseNameOf } from './request.js';

/** A Lease that is held, renewed and watched; the end of its `await using` releases it. */
export interface HeldLease extends HeldLock {
  /** The API for its context. */
  readonly api: KubernetesApi;
}

/**
 * Acquires the Lease `octopipeline-ENVIRONMENT-COMPONENT` in the namespace of the API, or in another store if one is chosen, so that two deliveries to one environment do not
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
  settings?: HoldSettings,
): Promise<HeldLease> {
  if (request === undefined) return { context, api, ...noLease };
  const chosen = await chooseStore(context, request.store);
  const held =
    chosen.kind === 'cluster'
      ? await hold(clusterStore(context, api), request, settings)
      : await holdIn(context, chosen, {}, request);
  return { ...held, api: api.within(held.context) };
}

/** The same for a command that needs the API for the Lease only: without a request, or with another store, it is not opened. */
export async function acquireLeaseAt(
  context: Context,
  cluster: Where,
  request: LeaseRequest | undefined,
): Promise<HeldLock> {
  if (request === undefined) return { context, ...noLease };
  return holdIn(context, await chooseStore(context, request.store), cluster, request);
}

const hold = (store: Store, request: LeaseRequest, settings?: HoldSettings): Promise<HeldLock> => {
  const { holder, keep, wait } = request;
  const advice = 'run this again when that delivery has ended, or increase --lease-wait';
  return store.hold(leaseNameOf(request), { holder, keep, wait, advice, ...(settings && { settings }) });
};

/** Opens the store for as long as the Lease is held. */
async function holdIn(context: Context, chosen: StoreChoice, where: Where, request: LeaseRequest): Promise<HeldLock> {
  const store = await openStore(context, chosen, { where });
  try {
    const held = await hold(store, request);
    return {
      context: held.context,
      succeeded: held.succeeded,
      [Symbol.asyncDispose]: async () => {
        await held[Symbol.asyncDispose]();
        await store[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

const noLease = { succeeded: () => undefined, [Symbol.asyncDispose]: async () => undefined };
