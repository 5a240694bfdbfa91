import type { Context } from '../../context.js';
import type { KubernetesApi } from '../../systems/kubernetes/api.js';
import type { Store } from '../documents/store.js';
import { holdLock } from '../hold/hold.js';
import { configMapsOf } from './config-maps.js';
import { documentsOf } from './documents.js';
import { leaseIn } from './lease.js';

/** The store in the namespace of an API: documents are ConfigMaps, and locks are Leases of their own name. The caller closes the API. */
export const clusterStore = (context: Context, api: KubernetesApi): Store => ({
  ...documentsOf(api),
  kind: 'cluster',
  configMaps: configMapsOf(api),
  hold: (name, claim) => holdLock(context, leaseIn(api, name), claim),
  within: (inner) => clusterStore(inner, api.within(inner)),
  [Symbol.asyncDispose]: async () => undefined,
});
