import type { Context } from '../../context.js';
import { OpError, toolError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';
import { ageText, type FoundLock, type HolderIdentity, type Lock, takenBy } from './lock.js';

/** When to renew, in milliseconds. */
export interface RenewalTiming {
  readonly renewEvery: number;
  /** Without a renewal for this long the lock counts as lost. */
  readonly giveUp: number;
}

/** Renews and watches a lock until the context is aborted. @throws OpError (tool) when it is lost */
export async function keepLock(
  context: Context,
  lock: Lock,
  identity: HolderIdentity,
  timing: RenewalTiming,
): Promise<never> {
  const watched = lock.follow((found) => check(lock, identity, found));
  return Promise.race([watched, keepRenewed(context, lock, identity, timing)]);
}

/** @throws OpError (tool) when this holder does not hold it any more */
function check(lock: Lock, identity: HolderIdentity, found: FoundLock | undefined): FoundLock {
  if (found?.holder === identity.holder) return found;
  const now =
    found === undefined ? 'it was deleted' : found.holder === '' ? 'it was released' : `${found.holder} holds it now`;
  throw lost(lock, now);
}

const lost = ({ title, place }: Lock, why: string) =>
  toolError({
    what: `${title} ${place} was lost, so the work was stopped`,
    why,
    hint: 'run it again: it waits for its turn and continues with what is left',
  });

async function keepRenewed(
  context: Context,
  lock: Lock,
  identity: HolderIdentity,
  { renewEvery, giveUp }: RenewalTiming,
): Promise<never> {
  let last = performance.now();
  for (;;) {
    await sleep(context, renewEvery);
    for (let failed = 'the store did not answer'; ; await sleep(context, renewEvery / 10)) {
      const left = giveUp - (performance.now() - last);
      if (left <= 0) throw lost(lock, `it was not renewed for ${ageText(giveUp)}: ${failed}`);
      const inTime = AbortSignal.any([context.signal, AbortSignal.timeout(Math.ceil(left))]);
      const sent = performance.now();
      const error = await renew(lock.within({ ...context, signal: inTime }), identity).catch(
        (thrown: unknown) => thrown,
      );
      context.signal.throwIfAborted();
      if (error === undefined) {
        last = sent;
        break;
      }
      failed = error instanceof OpError ? error.why : failed;
      context.log.debug(`cannot renew ${lock.title}: ${failed}`);
    }
  }
}

/** A change of holder is left to the watch, which sees it too and reports it properly. */
async function renew(lock: Lock, identity: HolderIdentity): Promise<void> {
  for (;;) {
    const found = check(lock, identity, await lock.read());
    if ((await lock.replace(found, takenBy(identity, found, lock.now()))) === 'done') return;
  }
}
