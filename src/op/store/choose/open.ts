import type { Context } from '../../context.js';
import type { Identity, Where } from '../../systems/kubernetes/api.js';
import type { Store } from '../documents/store.js';
import type { StoreChoice } from './choose.js';

/** The cluster to use if that is the store. */
interface ClusterOfStore extends Identity {
  readonly where: Where;
}

/** Opens a store; only what this one needs is loaded. @throws OpError (input, tool) */
export async function openStore(
  context: Context,
  chosen: StoreChoice,
  { where, ...identity }: ClusterOfStore,
): Promise<Store> {
  if (chosen.kind === 'directory') {
    const { openDirectoryStore } = await import('../directory/directory.js');
    return openDirectoryStore(context, chosen.path);
  }
  if (chosen.kind === 'git') {
    const { openGitStore } = await import('../git/git.js');
    return openGitStore(context, chosen);
  }
  const { openApi } = await import('../../systems/kubernetes/api.js');
  const { clusterStore } = await import('../cluster/cluster.js');
  const { namespace = where.namespace } = chosen;
  const api = await openApi(context, { ...where, namespace }, identity);
  return { ...clusterStore(context, api), [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}
