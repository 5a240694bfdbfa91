import type { Context } from '../../../context.js';
import { sleep } from '../../../kit/process/sleep.js';
import { RegistryFailure } from '../client/failure.js';

/**
 * Tries a transfer again after pauses, as long as that may help. A registry that limits requests is waited for, until the time limit of the
 * image.
 * @param attempt `isFirst` is false when something was tried before
 * @param pauses milliseconds before further attempts
 */
export async function retryTransfer<Value>(
  { log, signal }: Pick<Context, 'log' | 'signal'>,
  pauses: readonly number[],
  attempt: (isFirst: boolean) => Promise<Value>,
): Promise<Value> {
  let failures = 0;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await attempt(isFirst);
    } catch (error) {
      const isLimited = error instanceof RegistryFailure && error.status === 429;
      const pause = isLimited ? pauses[0] : pauses[failures];
      if (!isLimited) failures += 1;
      if (!mayHelp(error) || pause === undefined) throw error;
      log.debug(`${error.message}: ${error.why}`);
      await sleep({ signal }, pause);
    }
  }
}

const mayHelp = (error: unknown): error is RegistryFailure =>
  error instanceof RegistryFailure && ['busy', 'unreachable'].includes(error.problem);
