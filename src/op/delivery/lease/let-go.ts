import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { ageText } from './age.js';
import type { Held } from './hold.js';
import { duration, kept, keptDuration, parseLease, released } from './lease.js';

/** Milliseconds for letting go; Ctrl-C does not cut it short. */
const patience = 10_000;

/** Releases a Lease, or holds it on for the next task of the run. One that is not this holder's any more stays as it is. */
export async function letGo(context: Context, api: KubernetesApi, { name, taker }: Held, keep: boolean): Promise<void> {
  const own = api.within({ ...context, signal: AbortSignal.timeout(patience) });
  try {
    for (;;) {
      const found = await own.get(kinds.lease, name);
      const lease = found && parseLease(found);
      if (lease === undefined || lease.holder !== taker.holder) return;
      const put = await own.replace(kinds.lease, keep ? kept(lease, taker, own.now()) : released(lease, own.now()));
      if (put === 'conflict') continue;
      const is = `Lease ${name} in namespace ${api.namespace}`;
      // The last line of a step is its verdict; the next step says itself that it goes on.
      if (keep)
        context.log.debug(`${is}: kept for the next task of ${taker.holder}, for ${ageText(keptDuration * 1000)}`);
      else context.log.step(`${is}: released`);
      return;
    }
  } catch (error) {
    const why = error instanceof OpError ? error.why : 'the API server did not answer';
    context.log.warn(`Lease ${name} could not be released, and expires in ${ageText(duration * 1000)}: ${why}`);
  }
}
