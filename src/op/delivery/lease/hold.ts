import type { Context } from '../../context.js';
import { OpError, toolError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { ageText, type LeaseClaim, parseLease, takenBy } from './lease.js';

/** When to renew, in milliseconds. */
interface RenewalTiming {
  readonly renewEvery: number;
  /** Without a renewal for this long the Lease counts as lost. */
  readonly giveUp: number;
}

/** Renews and watches a Lease until the context is aborted. @throws OpError (tool) when it is lost */
export async function holdLease(
  context: Context,
  api: KubernetesApi,
  claim: LeaseClaim,
  timing: RenewalTiming,
): Promise<never> {
  const query = { fieldSelector: `metadata.name=${claim.name}` };
  const watched = api.follow(kinds.lease, query, (found) => check(api, claim, [...found.values()][0]));
  return Promise.race([watched, keepRenewed(context, api, claim, timing)]);
}

/** @throws OpError (tool) when this holder does not hold it any more */
function check({ namespace }: KubernetesApi, { name, identity }: LeaseClaim, found: KubeObject | undefined) {
  const lease = found && parseLease(found);
  if (lease?.holder === identity.holder) return lease;
  const now =
    lease === undefined ? 'it was deleted' : lease.holder === '' ? 'it was released' : `${lease.holder} holds it now`;
  throw lost(namespace, name, now);
}

const lost = (namespace: string, name: string, why: string) =>
  toolError({
    what: `Lease ${name} in namespace ${namespace} was lost, so the work was stopped`,
    why,
    hint: 'run it again: it waits for its turn and continues with what is left',
  });

async function keepRenewed(
  context: Context,
  api: KubernetesApi,
  claim: LeaseClaim,
  { renewEvery, giveUp }: RenewalTiming,
): Promise<never> {
  let last = performance.now();
  for (;;) {
    await sleep(context, renewEvery);
    for (let failed = 'the API server did not answer'; ; await sleep(context, renewEvery / 10)) {
      const left = giveUp - (performance.now() - last);
      if (left <= 0) throw lost(api.namespace, claim.name, `it was not renewed for ${ageText(giveUp)}: ${failed}`);
      const inTime = AbortSignal.any([context.signal, AbortSignal.timeout(Math.ceil(left))]);
      const sent = performance.now();
      const error = await renew(api.within({ ...context, signal: inTime }), claim).catch((thrown: unknown) => thrown);
      context.signal.throwIfAborted();
      if (error === undefined) {
        last = sent;
        break;
      }
      failed = error instanceof OpError ? error.why : failed;
      context.log.debug(`cannot renew Lease ${claim.name}: ${failed}`);
    }
  }
}

/** A change of holder is left to the watch, which sees it too and reports it properly. */
async function renew(api: KubernetesApi, claim: LeaseClaim): Promise<void> {
  for (;;) {
    const lease = check(api, claim, await api.get(kinds.lease, claim.name));
    const replaced = await api.replace(kinds.lease, takenBy(claim.identity, lease, api.now()));
    if (replaced !== 'conflict') return;
  }
}
