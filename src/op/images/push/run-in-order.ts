import { semaphore } from '../../kit/process/semaphore.js';

/** Private reason of an abort: the error to throw is that of the item that failed. */
const anotherFailed = new Error('another image failed');

/**
 * Runs `work` for each item once those that it needs are done, at most `atOnce` at a time. The first failure stops the others:
 * it aborts the signal that they were given, waits for them to end, and is thrown.
 */
export async function runInOrder<Item>(
  items: readonly Item[],
  needs: (item: Item) => readonly Item[],
  atOnce: number,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const withSlot = semaphore(atOnce);
  const started = new Map<Item, Promise<boolean>>();
  const start = (item: Item): Promise<boolean> => {
    const known = started.get(item);
    if (known !== undefined) return known;
    const running = runOne(item);
    started.set(item, running);
    return running;
  };
  const runOne = async (item: Item): Promise<boolean> => {
    const done = await Promise.all(needs(item).map(start));
    if (done.includes(false)) return false;
    return withSlot(async () => {
      if (stop.signal.aborted) return false;
      try {
        await work(item, stop.signal);
        return true;
      } catch (failure) {
        failures.push(failure);
        stop.abort(anotherFailed);
        return false;
      }
    });
  };
  await Promise.all(items.map(start));
  const [first] = failures.filter((failure) => failure !== anotherFailed);
  if (failures.length > 0) throw first;
}
