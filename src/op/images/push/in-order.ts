/** Private reason of an abort: what failed is thrown by the unit that failed. */
const anotherFailed = new Error('another image failed');

/**
 * Does the work of each unit once those that it needs are done, at most `atOnce` at a time. The first failure stops the others:
 * it aborts the signal that they were given, waits for them to end, and is thrown.
 */
export async function inOrder<Unit>(
  units: readonly Unit[],
  needs: (unit: Unit) => readonly Unit[],
  atOnce: number,
  work: (unit: Unit, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const slots = semaphore(atOnce);
  const started = new Map<Unit, Promise<boolean>>();
  const start = (unit: Unit): Promise<boolean> => {
    const known = started.get(unit);
    if (known !== undefined) return known;
    const running = runOne(unit);
    started.set(unit, running);
    return running;
  };
  const runOne = async (unit: Unit): Promise<boolean> => {
    const ready = await Promise.all(needs(unit).map(start));
    if (ready.includes(false)) return false;
    return slots(async () => {
      if (stop.signal.aborted) return false;
      try {
        await work(unit, stop.signal);
        return true;
      } catch (failure) {
        failures.push(failure);
        stop.abort(anotherFailed);
        return false;
      }
    });
  };
  await Promise.all(units.map(start));
  const [first] = failures.filter((failure) => failure !== anotherFailed);
  if (failures.length > 0) throw first;
}

/** Lets at most `free` run at once; the others wait in their order. */
function semaphore(free: number) {
  const waiting: (() => void)[] = [];
  let left = free;
  return async <T>(act: () => Promise<T>): Promise<T> => {
    if (left === 0) await new Promise<void>((go) => void waiting.push(go));
    else left -= 1;
    try {
      return await act();
    } finally {
      const next = waiting.shift();
      if (next === undefined) left += 1;
      else next();
    }
  };
}
