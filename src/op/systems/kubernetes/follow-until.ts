import type { Context } from '../../context.js';
import { startInBackground } from '../../kit/process/background.js';
import { createBell } from '../../kit/process/bell.js';
import type { KubernetesApi } from './api.js';
import type { Query } from './calls.js';
import type { Kind } from './kind.js';
import type { KubeObject } from './object.js';

/** What is waited for. */
export interface Awaited<State> {
  readonly kind: Kind;
  readonly query: Query;
  /** What the objects say together. */
  readonly read: (objects: readonly KubeObject[]) => State;
  readonly isOver: (state: State) => boolean;
  /** Milliseconds. */
  readonly limit: number;
}

/**
 * Follows objects until they say that it is over, or for as long as that may take.
 * @returns their last state; undefined if they could not be read in that time
 * @throws OpError (tool, input), or the signal's reason
 */
export async function followUntil<State>(
  context: Context,
  api: KubernetesApi,
  { kind, query, read, isOver, limit }: Awaited<State>,
): Promise<State | undefined> {
  const bell = createBell();
  let last: { readonly state: State } | undefined;
  await using following = startInBackground(context, (inner) =>
    api.within(inner).follow(kind, query, (found) => {
      last = { state: read([...found.values()]) };
      bell.ring();
    }),
  );
  const until = performance.now() + limit;
  for (let left = limit; left > 0 && !(last !== undefined && isOver(last.state)); left = until - performance.now()) {
    await bell.wait(following.context, left);
  }
  return last?.state;
}
