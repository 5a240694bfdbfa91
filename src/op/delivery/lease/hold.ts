import type { Context } from '../../context.js';
import { OpError, toolError } from '../../kit/errors/op-error.js';
import { beside } from '../../kit/process/beside.js';
import { sleep } from '../../kit/process/sleep.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { ageText } from './age.js';
import { parseLease, type Taker, taken } from './lease.js';
import type { Surroundings } from './surroundings.js';

/** A Lease that is held. */
export interface Held {
  readonly name: string;
  readonly taker: Taker;
}

/** Does the work while the Lease is renewed and watched; the work is aborted when it is lost. @throws OpError (tool) when it is lost */
export const hold = <T>(
  context: Context,
  api: KubernetesApi,
  held: Held,
  surroundings: Surroundings,
  work: (context: Context) => Promise<T>,
): Promise<T> =>
  beside(
    context,
    (inner) => {
      const own = api.within(inner);
      const query = { fieldSelector: `metadata.name=${held.name}` };
      const watched = own.follow(kinds.lease, query, (found) => check(api, held, [...found.values()][0]));
      return Promise.race([watched, keepRenewed(inner, own, held, surroundings)]);
    },
    async (inner) => {
      const value = await work(inner);
      // Work that did not look at the signal has not been alone all the time.
      inner.signal.throwIfAborted();
      return value;
    },
  );

/** @throws OpError (tool) when it is not this holder's any more */
function check({ namespace }: KubernetesApi, { name, taker }: Held, found: KubeObject | undefined) {
  const lease = found && parseLease(found);
  if (lease?.holder === taker.holder) return lease;
  const now =
    lease === undefined ? 'it was deleted' : lease.holder === '' ? 'it was released' : `${lease.holder} holds it now`;
  throw lost(namespace, name, now);
}

const lost = (namespace: string, name: string, why: string) =>
  toolError({
    what: `Lease ${name} in namespace ${namespace} was lost, so the work was stopped`,
    why,
    hint: 'run it again: it waits for its turn, and goes on with what is left to do',
  });

async function keepRenewed(context: Context, api: KubernetesApi, held: Held, timing: Surroundings): Promise<never> {
  const { renewEvery, giveUp } = timing;
  let last = performance.now();
  for (;;) {
    await sleep(context, renewEvery);
    for (let failed = 'the API server did not answer'; ; await sleep(context, renewEvery / 10)) {
      const left = giveUp - (performance.now() - last);
      if (left <= 0) throw lost(api.namespace, held.name, `it was not renewed for ${ageText(giveUp)}: ${failed}`);
      const inTime = AbortSignal.any([context.signal, AbortSignal.timeout(Math.ceil(left))]);
      const sent = performance.now();
      const error = await renew(api.within({ ...context, signal: inTime }), held).catch((thrown: unknown) => thrown);
      context.signal.throwIfAborted();
      if (error === undefined) {
        last = sent;
        break;
      }
      failed = error instanceof OpError ? error.why : failed;
      context.log.debug(`Lease ${held.name} could not be renewed: ${failed}`);
    }
  }
}

/** Another holder is no matter of this: the watch sees it too, and gives up with the right words. */
async function renew(api: KubernetesApi, held: Held): Promise<void> {
  for (;;) {
    const lease = check(api, held, await api.get(kinds.lease, held.name));
    const put = await api.replace(kinds.lease, taken(lease, held.taker, api.now()));
    if (put !== 'conflict') return;
  }
}
