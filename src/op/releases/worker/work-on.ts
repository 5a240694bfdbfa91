import { OpError } from '../../kit/errors/op-error.js';
import { nextWork } from '../next/next-work.js';
import { claimOf, type Next, type Snapshot, type Work } from '../next/snapshot.js';
import { act, nameOfWork, type Worker } from './act.js';

/** What a worker did. */
export interface WorkedOn {
  readonly failed: readonly string[];
  /** Work that somebody else is doing. */
  readonly busy: readonly string[];
  /** Work that goes on elsewhere. */
  readonly away: readonly string[];
  /** Work that could not be done here, and why. */
  readonly stuck: readonly { readonly work: string; readonly error: OpError }[];
  /** As it is now. */
  readonly snapshot: Snapshot;
  readonly next: Next;
}

/**
 * Does what is ready until nothing is, for work that is `ours`. Runs go on side by side, `atOnce` at a time; each end is looked at at once.
 * Nothing is tried twice here: what fails, or is somebody else's, is for a later command. What goes on elsewhere is waited for as long as
 * the runner does.
 * @throws OpError when the store cannot be used
 */
export async function workOn(
  worker: Worker,
  ours: (work: Work, snapshot: Snapshot) => boolean,
  atOnce: number,
): Promise<WorkedOn> {
  const { context, records, runner } = worker;
  /** By what it holds. */
  const running = new Map<string, Promise<void>>();
  const failed: string[] = [];
  const busy = new Set<string>();
  const away = new Set<string>();
  const stuck = new Map<string, OpError>();
  let broken: { readonly error: unknown } | undefined;
  const start = async (snapshot: Snapshot, work: Work, name: string) => {
    try {
      const acted = await act(worker, snapshot, work);
      if (acted === 'failed') failed.push(name);
      if (acted === 'busy') busy.add(name);
      if (acted === 'away') away.add(name);
    } catch (error) {
      if (error instanceof OpError && !context.signal.aborted) stuck.set(name, error);
      else broken ??= { error };
    }
  };
  for (;;) {
    if (broken !== undefined) {
      await Promise.all(running.values());
      throw broken.error;
    }
    const snapshot = await records.snapshot();
    const next = nextWork(snapshot);
    const isNew = (work: Work) => {
      const name = nameOfWork(work);
      if (busy.has(name) || away.has(name) || stuck.has(name) || !ours(work, snapshot)) return false;
      return work.do !== 'run' || !running.has(claimOf(work));
    };
    const ready = next.ready.filter(isNew);
    const small = ready.filter((work) => work.do !== 'run');
    if (small.length > 0) {
      for (const work of small) await start(snapshot, work, nameOfWork(work));
      continue;
    }
    for (const work of ready) {
      if (work.do !== 'run' || running.size >= atOnce) continue;
      const what = claimOf(work);
      running.set(
        what,
        start(snapshot, work, nameOfWork(work)).finally(() => running.delete(what)),
      );
    }
    if (running.size === 0) {
      const elsewhere = next.ready.flatMap((work) =>
        work.do === 'collect' && away.has(nameOfWork(work)) ? work.in : [],
      );
      if (away.size > 0 && (await runner.untilOneEnds(context, elsewhere))) {
        away.clear();
        continue;
      }
      return {
        failed,
        busy: [...busy],
        away: [...away],
        stuck: [...stuck].map(([work, error]) => ({ work, error })),
        snapshot,
        next,
      };
    }
    await Promise.race(running.values());
  }
}
