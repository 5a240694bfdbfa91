import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { ageText, type HolderIdentity, keptBy, keptSeconds, type Lock, leaseSeconds, released } from './lock.js';

/** Milliseconds to release a lock in; Ctrl-C does not shorten them. */
const patience = 10_000;

/** Releases a lock, or keeps it for the next task of the same run. A lock that this holder does not hold any more is left unchanged. */
export async function releaseLock(
  context: Context,
  lock: Lock,
  identity: HolderIdentity,
  keep: boolean,
): Promise<void> {
  const own = lock.within({ ...context, signal: AbortSignal.timeout(patience) });
  try {
    for (;;) {
      const found = await own.read();
      if (found === undefined || found.holder !== identity.holder) return;
      const next = keep ? keptBy(identity, found, own.now()) : released(found, own.now());
      if ((await own.replace(found, next)) === 'conflict') continue;
      const is = `${lock.title} ${lock.place}`;
      // The last line of a step is its verdict; the next step itself says that it continues.
      if (keep)
        context.log.debug(`${is}: kept for the next task of ${identity.holder}, for ${ageText(keptSeconds * 1000)}`);
      else context.log.step(`${is}: released`);
      return;
    }
  } catch (error) {
    const why = error instanceof OpError ? error.why : 'the store did not answer';
    context.log.warn(`cannot release ${lock.title}; it expires in ${ageText(leaseSeconds * 1000)}: ${why}`);
  }
}
