import type { RolloutProblem } from '../judge/rollout-problem.js';

/** Tracks how long each problem has lasted without a break. */
export interface ProblemTimer {
  /** Returns the problem that has outlasted its grace period, if any, and the milliseconds until the next one may. */
  readonly check: (
    problems: readonly RolloutProblem[],
    now: number,
  ) => { readonly expired: RolloutProblem | undefined; readonly next: number | undefined };
}

/** Starts with no problems. */
export function createProblemTimer(): ProblemTimer {
  let since = new Map<string, number>();
  return {
    check: (problems, now) => {
      since = new Map(problems.map(({ key }) => [key, since.get(key) ?? now]));
      const timeLeft = ({ key, gracePeriod }: RolloutProblem) => (since.get(key) ?? now) + gracePeriod - now;
      const expired = problems.filter((one) => timeLeft(one) <= 0);
      return {
        // A wrong configuration comes before the problems that follow from it.
        expired: ['input', 'refused', 'tool'].flatMap((kind) => expired.filter((one) => one.kind === kind))[0],
        next: problems.length === 0 ? undefined : Math.max(10, Math.min(...problems.map(timeLeft))),
      };
    },
  };
}
