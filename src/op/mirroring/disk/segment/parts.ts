/** Some bytes in a part. */
export interface Room {
  readonly part: number;
  readonly size: number;
}

/** Gives blobs their place in parts that have at most `limit` bytes of them. */
export interface Parts {
  /** The room of the next blob: in one part, or, if it is larger than a part, in several. */
  readonly roomFor: (size: number) => readonly Room[];
}

/** @param limit bytes; undefined: one part has all */
export function startParts(limit: number | undefined): Parts {
  let part = 1;
  let left = limit ?? Number.POSITIVE_INFINITY;
  const next = () => {
    part += 1;
    left = limit ?? Number.POSITIVE_INFINITY;
  };
  return {
    roomFor: (size) => {
      if (size > left && left < (limit ?? left)) next();
      const rooms: Room[] = [];
      let rest = size;
      do {
        if (left === 0) next();
        const here = Math.min(rest, left);
        rooms.push({ part, size: here });
        rest -= here;
        left -= here;
      } while (rest > 0);
      return rooms;
    },
  };
}
