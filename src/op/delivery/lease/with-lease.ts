import type { Context } from '../../context.js';
import type { KubernetesApi } from '../../systems/kubernetes/api.js';
import { acquire } from './acquire.js';
import { hold } from './hold.js';
import { letGo } from './let-go.js';
import { type LeaseRequest, leaseNameOf } from './request.js';
import { clusterOf, type Surroundings, usual } from './surroundings.js';

/**
 * Does the work while this holder has the Lease `octopipeline-ENVIRONMENT-COMPONENT` in the API's namespace, so that two deliveries to one
 * environment do not interleave. Waits while somebody else has it (see `judge` for when it is taken over), renews it, and releases it
 * afterwards, unless it is to be kept and the work has succeeded.
 * @param request undefined: no Lease
 * @param work gets a context, and the API for it, that are aborted when the Lease is lost
 * @throws OpError (deadline) when the other one does not end in time, (tool) when the Lease is lost or may not be taken
 */
export async function withLease<T>(
  context: Context,
  api: KubernetesApi,
  request: LeaseRequest | undefined,
  work: (context: Context, api: KubernetesApi) => Promise<T>,
  surroundings: Surroundings = usual,
): Promise<T> {
  if (request === undefined) return work(context, api);
  const { holder, keep, wait } = request;
  const held = { name: leaseNameOf(request), taker: { holder, cluster: await clusterOf(surroundings) } };
  let state: 'asked' | 'held' | 'done' = 'asked';
  try {
    await acquire(context, api, { ...held, wait });
    state = 'held';
    const value = await hold(context, api, held, surroundings, (inner) => work(inner, api.within(inner)));
    state = 'done';
    return value;
  } finally {
    // Stopped while it asked: the answer that was not heard may have been yes.
    if (state !== 'asked' || context.signal.aborted) await letGo(context, api, held, keep && state === 'done');
  }
}
