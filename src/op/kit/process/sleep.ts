import { setTimeout } from 'node:timers/promises';
import type { Context } from '../../context.js';

/** Waits. Rejects at once, with the signal's reason, when op is told to stop. */
export async function sleep({ signal }: Pick<Context, 'signal'>, milliseconds: number): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
