/** Runs something once there is a free place; the others wait in their order. */
export type WithPlace = <Value>(act: () => Promise<Value>) => Promise<Value>;

/** Lets at most `places` run at once. */
export function semaphore(places: number): WithPlace {
  const waiting: (() => void)[] = [];
  let left = places;
  return async (act) => {
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
