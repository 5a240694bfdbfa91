import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { ageText, keptBy, keptSeconds, type LeaseClaim, leaseSeconds, parseLease, released } from './lease.js';

/** Milliseconds to release a Lease in; Ctrl-C does not shorten them. */
const patience = 10_000;

/** Releases a Lease, or keeps it for the next task of the same run. A Lease that this holder does not hold any more is left unchanged. */
export async function releaseLease(
  context: Context,
  api: KubernetesApi,
  { name, identity }: LeaseClaim,
  keep: boolean,
): Promise<void> {
  const own = api.within({ ...context, signal: AbortSignal.timeout(patience) });
  try {
    for (;;) {
      const found = await own.get(kinds.lease, name);
      const lease = found && parseLease(found);
      if (lease === undefined || lease.holder !== identity.holder) return;
      const next = keep ? keptBy(identity, lease, own.now()) : released(lease, own.now());
      if ((await own.replace(kinds.lease, next)) === 'conflict') continue;
      const is = `Lease ${name} in namespace ${api.namespace}`;
      // The last line of a step is its verdict; the next step itself says that it continues.
      if (keep)
        context.log.debug(`${is}: kept for the next task of ${identity.holder}, for ${ageText(keptSeconds * 1000)}`);
      else context.log.step(`${is}: released`);
      return;
    }
  } catch (error) {
    const why = error instanceof OpError ? error.why : 'the API server did not answer';
    context.log.warn(`cannot release Lease ${name}; it expires in ${ageText(leaseSeconds * 1000)}: ${why}`);
  }
}
