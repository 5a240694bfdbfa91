import type { Trouble } from './trouble.js';

/** Remembers since when each trouble is there without a break. */
export interface Patience {
  /** The trouble that has lasted too long, if any; else the milliseconds until one may have. */
  readonly lookAt: (
    troubles: readonly Trouble[],
    now: number,
  ) => { readonly over: Trouble | undefined; readonly next: number | undefined };
}

export function createPatience(): Patience {
  let since = new Map<string, number>();
  return {
    lookAt: (troubles, now) => {
      since = new Map(troubles.map(({ key }) => [key, since.get(key) ?? now]));
      const left = ({ key, patience }: Trouble) => (since.get(key) ?? now) + patience - now;
      const waits = troubles.map(left);
      return {
        // What a person has to change first comes before what follows from it.
        over: ['input', 'refused', 'tool'].flatMap((kind) =>
          troubles.filter((one) => one.kind === kind && left(one) <= 0),
        )[0],
        next: waits.length === 0 ? undefined : Math.max(10, Math.min(...waits)),
      };
    },
  };
}
