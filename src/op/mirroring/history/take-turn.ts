import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { HeldLock } from '../../store/hold/hold.js';
import { canHold } from '../../store/hold/holder.js';
import { type History, historyIn } from './history.js';
import { type Mirrored, openStoreOf } from './open.js';
import type { HistoryRequest } from './options.js';

/** The lock of a mirror, and its history. The end of its `await using` lets the next run begin. */
export interface Turn extends HeldLock {
  readonly history: History;
}

/**
 * Takes the lock of a mirror in its store: of a scheduled run and one by hand, only one works at a time. The work uses the context of the
 * turn, which ends when the lock is lost.
 * @throws OpError (refused) while another run holds it, (deadline) when it was waited for, (tool) when the store cannot be used
 */
export async function takeTurn(
  context: Context,
  { name, history: keep }: Mirrored,
  request: HistoryRequest & { readonly directory: string },
): Promise<Turn> {
  const { wait = 0, holder = ownName(context), keepLock = false } = request;
  checkHolder(holder);
  // Who holds a lock matters to whoever waits for it; that nobody did is worth no line.
  const quiet = { ...context, log: { ...context.log, step: context.log.debug } };
  const store = await openStoreOf(quiet, request);
  try {
    const advice = `run this again when that run has ended, or ${wait === 0 ? 'wait for it with' : 'increase'} --wait`;
    const held = await store.hold(`octopipeline.mirror.${name}`, { holder, keep: keepLock, wait, advice });
    return {
      context: { ...context, signal: held.context.signal },
      succeeded: held.succeeded,
      history: historyIn(store.within(held.context), { name, keep }),
      [Symbol.asyncDispose]: async () => {
        await held[Symbol.asyncDispose]();
        await store[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** Who runs this, for whoever is refused: `ann@build-7/4711-3fa9c1`. No other process has the name, so none continues with the lock. */
function ownName({ env }: Context): string {
  const user = env.USER || env.LOGNAME || `uid-${process.getuid?.() ?? 'unknown'}`;
  const readable = `${user}@${hostname()}`.replace(/[^\w.@-]/gu, '_').slice(0, 200);
  return `${readable}/${process.pid}-${randomBytes(3).toString('hex')}`;
}

function checkHolder(holder: string): void {
  if (canHold(holder)) return;
  throw inputError({
    what: `invalid --holder="${oneLine(holder)}"`,
    why: 'it contains a space or an invisible character, or is longer than 500 characters',
    hint: 'give pipelinerun/NAMESPACE/NAME/UID, or a name without spaces',
  });
}
