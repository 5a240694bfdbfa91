import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import type { Store } from '../../store/documents/store.js';
import type { HeldLock } from '../../store/hold/hold.js';
import { holderOfProcess } from '../../store/hold/holder.js';
import { keyOf } from '../documents/place.js';

/** A claim to do some work; the end of its `await using` gives it back. */
export type Claim = HeldLock;

/**
 * Claims what nobody else may do at the same time: one environment of a package, or one call of a release.
 * @returns undefined when somebody else is at it. Whoever was killed is not: its lock is taken over
 * @throws OpError (tool)
 */
export async function claim(context: Context, store: Store, what: string): Promise<Claim | undefined> {
  const holder = await holderOfProcess(context);
  try {
    return await store.hold(`release-${keyOf(what)}`, { holder, keep: false, wait: 0 });
  } catch (error) {
    if (!(error instanceof OpError) || error.kind !== 'refused') throw error;
    context.log.debug(`${error.message}: ${error.why}`);
    return undefined;
  }
}
