import type { Context } from '../../op/context.js';
import { inputError } from '../../op/kit/errors/op-error.js';
import { removeTree } from '../../op/kit/files/remove-tree.js';
import { writeAtomic } from '../../op/kit/files/write-atomic.js';
import { sleep } from '../../op/kit/process/sleep.js';
import type { RunEnd } from '../pipeline-run/objects.js';
import { filesOf, type Home } from '../runs/home.js';
import { findRun, readRun, stateOf } from '../runs/store.js';

/** `op local cancel`: asks the op that executes a run to end it, and waits until it has. */
export async function cancelRun(context: Context, home: Home, name: string, how: RunEnd): Promise<void> {
  const run = await readRun(home, name);
  if (run.object.status.conditions[0].status !== 'Unknown' || run.abandoned) {
    throw inputError({
      what: `run ${name} cannot be cancelled`,
      why: `it is not running: its state is ${stateOf(run)}`,
      hint: 'run op local list to see which runs are running',
    });
  }
  await writeAtomic(filesOf(run.directory).cancel, `${how}\n`, 0o600);
  for (;;) {
    const now = await readRun(home, name);
    if (now.object.status.conditions[0].status !== 'Unknown' || now.abandoned) {
      context.log.step(`run ${name}: ${stateOf(now)}`);
      return;
    }
    await sleep(context, 200);
  }
}

/** `op local delete`: removes runs with all that they made. A run that is executed is not removed. */
export async function deleteRuns(context: Context, home: Home, names: readonly string[]): Promise<void> {
  const runs = await Promise.all(names.map((name) => findRun(home, name)));
  const busy = runs.find(({ pid }) => pid !== undefined);
  if (busy !== undefined) {
    throw inputError({
      what: `run ${busy.name} cannot be deleted`,
      why: `process ${busy.pid} executes it`,
      hint: `run op local cancel ${busy.name} first`,
    });
  }
  for (const { name, directory } of runs) {
    await removeTree(context, directory);
    context.log.step(`deleted ${name}`);
  }
}
