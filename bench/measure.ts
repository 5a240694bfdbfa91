/** The measurements of one contender: milliseconds, sorted. */
export interface Measurement {
  readonly label: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** One line of a benchmark: ours, its peer measured in the same run, and what we promise. */
export interface Comparison {
  readonly what: string;
  readonly ours: Measurement;
  readonly peer: Measurement;
  /** `at most 1.6 times the peer`. */
  readonly promise: string;
  /** What the promise is compared with: the ratio of the medians, or our median. */
  readonly found: string;
  readonly ok: boolean;
}

/** A benchmark with a name: `npm run bench -- synth`. */
export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** Why it cannot run here, if it cannot. */
  readonly missing?: () => string | undefined;
  readonly run: () => Promise<readonly Comparison[]>;
}

/** Times each contender once per round, in turns, so that a busy moment of the machine affects all of them. The first round only warms up. */
export async function interleave<L extends string>(
  rounds: number,
  contenders: { readonly [label in L]: () => Promise<number> | number },
): Promise<{ readonly [label in L]: Measurement }> {
  const labels = Object.keys(contenders) as L[];
  const samples = new Map<L, number[]>(labels.map((label) => [label, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const label of labels) {
      const took = await contenders[label]();
      if (round > 0) samples.get(label)?.push(took);
    }
  }
  const measured = labels.map((label) => [label, summarize(label, samples.get(label) ?? [])] as const);
  return Object.fromEntries(measured) as { readonly [label in L]: Measurement };
}

function summarize(label: string, samples: readonly number[]): Measurement {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    label,
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
    runs: sorted.length,
  };
}

/** How many milliseconds some work takes. */
export async function took(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Ours may take at most `limit` times as long as the peer. */
export function atMostTimes(what: string, ours: Measurement, peer: Measurement, limit: number): Comparison {
  const ratio = ours.median / peer.median;
  return {
    what,
    ours,
    peer,
    promise: `at most ${limit} times the peer`,
    found: `${ratio.toFixed(2)} times`,
    ok: ratio <= limit,
  };
}

/** The peer takes at least `limit` times as long as ours. */
export function fasterBy(what: string, ours: Measurement, peer: Measurement, limit: number): Comparison {
  const ratio = peer.median / ours.median;
  return {
    what,
    ours,
    peer,
    promise: `at least ${limit} times as fast`,
    found: `${ratio.toFixed(1)} times`,
    ok: ratio >= limit,
  };
}

/** Ours ends within a fixed time; the peer shows which part of it is not ours. */
export function within(what: string, ours: Measurement, peer: Measurement, milliseconds: number): Comparison {
  return {
    what,
    ours,
    peer,
    promise: `at most ${milliseconds} ms`,
    found: `${ours.median.toFixed(0)} ms`,
    ok: ours.median <= milliseconds,
  };
}

/** The same for each of several things that were done in one go. */
export function each({ label, median, min, max, runs }: Measurement, count: number): Measurement {
  return { label, median: median / count, min: min / count, max: max / count, runs };
}

/** Ours may take some milliseconds longer than the peer. */
export function addsOnly(what: string, ours: Measurement, peer: Measurement, milliseconds: number): Comparison {
  const added = ours.median - peer.median;
  return {
    what,
    ours,
    peer,
    promise: `at most ${milliseconds} ms more`,
    found: `${added.toFixed(1)} ms more`,
    ok: added <= milliseconds,
  };
}

/** The time for one of many may hardly grow with their number. */
export function linear(what: string, many: Measurement, few: Measurement, limit = 1.3): Comparison {
  const ratio = many.median / few.median;
  return {
    what,
    ours: many,
    peer: few,
    promise: `at most ${limit} times: linear`,
    found: `${ratio.toFixed(2)} times`,
    ok: ratio <= limit,
  };
}

/** Ours may take a given fraction longer than the peer, or some milliseconds: whichever is more. */
export function addsAtMost(
  what: string,
  ours: Measurement,
  peer: Measurement,
  part: number,
  milliseconds: number,
): Comparison {
  const added = ours.median - peer.median;
  return {
    what,
    ours,
    peer,
    promise: `at most ${part * 100} % or ${milliseconds} ms more`,
    found: `${added.toFixed(0)} ms more`,
    ok: added <= Math.max(milliseconds, part * peer.median),
  };
}
