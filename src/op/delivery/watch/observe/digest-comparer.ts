import { comparisonKey, type DigestComparison, type SameImages } from '../judge/match-image.js';

/** Has the registry compare digests, each pair once. */
export interface DigestComparer {
  readonly answers: SameImages;
  /** Starts the comparisons that were not started before. */
  readonly start: (comparisons: readonly DigestComparison[]) => void;
}

/**
 * Starts with no answers.
 * @param compare asks the registry whether two digests are the same image
 * @param onAnswer is called after each answer
 */
export function createDigestComparer(
  compare: (comparison: DigestComparison) => Promise<boolean>,
  onAnswer: () => void,
  onFailure: (error: unknown) => void,
): DigestComparer {
  const started = new Set<string>();
  const answers = new Map<string, boolean>();
  const startOne = (comparison: DigestComparison) => {
    const key = comparisonKey(comparison.expected.image.digest, comparison.found);
    if (started.has(key)) return;
    started.add(key);
    compare(comparison).then((answer) => {
      answers.set(key, answer);
      onAnswer();
    }, onFailure);
  };
  return { answers, start: (comparisons) => comparisons.forEach(startOne) };
}
