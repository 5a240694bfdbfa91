/**
 * Work that several images need is done by the first, and the others wait for it. One that fails, perhaps with the time limit of its image,
 * is begun again by the next.
 */
export interface SingleFlight<Value> {
  /** @returns what `work` gives, or undefined when somebody else has done it. Rejects when the own time is up */
  readonly once: (key: string, signal: AbortSignal, work: () => Promise<Value>) => Promise<Value | undefined>;
}

/** @returns where nothing is done yet */
export function createSingleFlight<Value>(): SingleFlight<Value> {
  /** What is done or on its way. */
  const flights = new Map<string, Promise<Value>>();
  const once: SingleFlight<Value>['once'] = async (key, signal, work) => {
    const earlier = flights.get(key);
    if (earlier !== undefined && (await endOf(earlier, signal))) return undefined;
    const current = flights.get(key);
    if (current !== undefined && current !== earlier) return once(key, signal, work);
    const mine = work();
    flights.set(key, mine);
    mine.catch(() => undefined);
    return await mine;
  };
  return { once };
}

/** Waits for what another image does: whether it succeeded. Rejects when the own time is up. */
export const endOf = (other: Promise<unknown>, signal: AbortSignal): Promise<boolean> =>
  new Promise((settle, fail) => {
    if (signal.aborted) return fail(signal.reason);
    const abort = () => fail(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const done = (succeeded: boolean) => {
      signal.removeEventListener('abort', abort);
      settle(succeeded);
    };
    other.then(
      () => done(true),
      () => done(false),
    );
  });
