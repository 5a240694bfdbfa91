import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { openDirectoryStore } from '../../store/directory/directory.js';
import type { Documents } from '../../store/documents/documents.js';
import type { HeldLock, LockClaim } from '../../store/hold/hold.js';
import { canHold, holderOfProcess } from '../../store/hold/holder.js';
import { quietly } from '../../store/hold/quiet.js';
import { type History, historyIn } from './history.js';
import { type Mirrored, openStoreOf } from './open.js';
import type { HistoryRequest } from './options.js';
import { type WrittenHistory, writtenIn } from './written.js';

/** The lock of a mirror, and its history. The end of its `await using` lets the next run begin. */
export interface Turn extends HeldLock {
  readonly history: History;
  readonly written: WrittenHistory;
  /** The store of the mirror, while the lock is held. */
  readonly documents: Documents;
}

/**
 * Takes the lock of a mirror in its store: of a scheduled run and one by hand, only one works at a time. A second lock is that of the
 * directory of the plan: two mirrors that share one would overwrite each other's files. The work uses the context of the turn, which ends
 * when a lock is lost.
 * @throws OpError (refused) while another run holds it, (deadline) when it was waited for, (tool) when the store cannot be used
 */
export async function takeTurn(
  context: Context,
  { name, history: keep }: Mirrored,
  request: HistoryRequest & { readonly directory: string },
): Promise<Turn> {
  const { wait = 0, holder = await holderOfProcess(context), keepLock = false } = request;
  checkHolder(holder);
  const claim = { holder, keep: keepLock, wait };
  const longer = wait === 0 ? 'wait for it with --wait' : 'increase --wait';
  const quiet = quietly(context);
  const opened: AsyncDisposable[] = [];
  const close = async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
  };
  try {
    const store = await openStoreOf(quiet, request);
    opened.push(store);
    const advice = `run this again when that run has ended, or ${longer}`;
    const turn = await store.hold(`octopipeline.mirror.${name}`, { ...claim, advice });
    opened.push(turn);
    const own = `${advice}, or give each mirror a --directory of its own`;
    const place = await holdDirectory(turn.context, request.directory, { ...claim, advice: own });
    if (place !== undefined) opened.push(place);
    const { signal } = (place ?? turn).context;
    const documents = store.within({ ...quiet, signal });
    return {
      context: { ...context, signal },
      succeeded: () => {
        place?.succeeded();
        turn.succeeded();
      },
      history: historyIn(documents, { name, keep }),
      written: writtenIn(documents, name),
      documents,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Undefined on a file system without hard links, where there can be no such lock. */
async function holdDirectory(context: Context, directory: string, claim: LockClaim): Promise<HeldLock | undefined> {
  const store = await openDirectoryStore(context, join(directory, 'store'));
  try {
    return await store.hold('octopipeline.mirror-directory', claim);
  } catch (error) {
    if (!(error instanceof OpError) || error.kind !== 'tool') throw error;
    context.log.debug(`${directory} is not locked: ${error.why}`);
    return undefined;
  }
}

function checkHolder(holder: string): void {
  if (canHold(holder)) return;
  throw inputError({
    what: `invalid --holder="${oneLine(holder)}"`,
    why: 'it contains a space or an invisible character, or is longer than 500 characters',
    hint: 'give pipelinerun/NAMESPACE/NAME/UID, or a name without spaces',
  });
}
