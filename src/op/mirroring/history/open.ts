import { join } from 'node:path';
import type { Context } from '../../context.js';
import { chooseStore } from '../../store/choose/choose.js';
import { openStore } from '../../store/choose/open.js';
import type { Store } from '../../store/documents/store.js';
import { type History, historyIn } from './history.js';
import type { HistoryRequest } from './options.js';

/** Whose history it is. */
export interface Mirrored {
  readonly name: string;
  /** How many runs are remembered. */
  readonly history: number;
}

/** The store of a mirror: the one that was chosen, or a directory beside the plan, which needs no cluster. @throws OpError (input, tool) */
export async function openStoreOf(
  context: Context,
  { store, namespace, directory }: HistoryRequest & { readonly directory: string },
): Promise<Store> {
  const chosen = await chooseStore(context, store, { kind: 'directory', path: join(directory, 'store') });
  return openStore(context, chosen, { where: { namespace } });
}

/** The history of a mirror, for as long as its `await using` lasts. @throws OpError (input, tool) */
export async function openHistory(
  context: Context,
  { name, history: keep }: Mirrored,
  request: HistoryRequest & { readonly directory: string },
): Promise<History & AsyncDisposable> {
  const store = await openStoreOf(context, request);
  return { ...historyIn(store, { name, keep }), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}
