import type { Context } from '../../context.js';
import { type Identity, openApi, type Where } from '../../systems/kubernetes/api.js';
import { clusterStore } from '../cluster/cluster.js';
import { openDirectoryStore } from '../directory/directory.js';
import type { Store } from '../documents/store.js';
import { openGitStore } from '../git/git.js';
import type { StoreChoice } from './choose.js';

/** The cluster to use if that is the store. */
interface ClusterOfStore extends Identity {
  readonly where: Where;
}

/** Opens a store. @throws OpError (input, tool) */
export async function openStore(
  context: Context,
  chosen: StoreChoice,
  { where, ...identity }: ClusterOfStore,
): Promise<Store> {
  if (chosen.kind === 'directory') return openDirectoryStore(context, chosen.path);
  if (chosen.kind === 'git') return openGitStore(context, chosen);
  const api = await openApi(context, where, identity);
  return { ...clusterStore(context, api), [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}
