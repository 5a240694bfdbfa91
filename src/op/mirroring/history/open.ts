import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { chooseStore } from '../../store/choose/choose.js';
import { openStore } from '../../store/choose/open.js';
import type { Store } from '../../store/documents/store.js';
import { type History, historyIn } from './history.js';
import type { HistoryRequest } from './options.js';
import { type WrittenHistory, writtenIn } from './written.js';

const cluster = { kind: 'cluster' } as const;

/** Whose history it is. */
export interface Mirrored {
  readonly name: string;
  /** How many runs are remembered. */
  readonly history: number;
}

/** The token that a pod has if it may use the API of its cluster. */
const podToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * The store of a mirror: the one that was chosen; else the cluster in a pod, and a directory beside the plan, which needs no cluster,
 * everywhere else.
 * @throws OpError (input, tool)
 */
export async function openStoreOf(
  context: Context,
  { store, namespace, directory }: HistoryRequest & { readonly directory: string },
): Promise<Store> {
  const inPod = context.env.KUBERNETES_SERVICE_HOST !== undefined && existsSync(podToken);
  const otherwise = inPod ? cluster : { kind: 'directory' as const, path: join(directory, 'store') };
  const chosen = await chooseStore(context, store, otherwise);
  return openStore(context, chosen, { where: { namespace } });
}

/** The history of a mirror, for as long as its `await using` lasts. @throws OpError (input, tool) */
export async function openHistory(
  context: Context,
  { name, history: keep }: Mirrored,
  request: HistoryRequest & { readonly directory: string },
): Promise<History & AsyncDisposable & { readonly written: WrittenHistory }> {
  const store = await openStoreOf(context, request);
  return {
    ...historyIn(store, { name, keep }),
    written: writtenIn(store, name),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
