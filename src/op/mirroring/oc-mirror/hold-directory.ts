import { join } from 'node:path';
import type { Context } from '../../context.js';
import { openDirectoryStore } from '../../store/directory/directory.js';
import type { HeldLock } from '../../store/hold/hold.js';
import { holderOfProcess } from '../../store/hold/holder.js';
import { quietly } from '../../store/hold/quiet.js';

/**
 * Takes the lock of a directory, which lies in it: whoever uses the directory sees it, from any pod or machine. oc-mirror itself has no
 * lock, and two runs with one cache damage it.
 * @throws OpError (refused) while another run holds it, (deadline) when it was waited for, (tool) when the directory cannot have one
 */
export async function holdDirectory(outer: Context, directory: string, name: string, wait: number): Promise<HeldLock> {
  const context = quietly(outer);
  const store = await openDirectoryStore(context, join(directory, '.op-lock'));
  const longer = wait === 0 ? 'wait for it with --wait' : 'increase --wait';
  const advice = `run this again when that run has ended, or ${longer}`;
  return await store.hold(`octopipeline.oc-mirror-${name}`, {
    holder: await holderOfProcess(outer),
    keep: false,
    wait,
    advice,
  });
}
