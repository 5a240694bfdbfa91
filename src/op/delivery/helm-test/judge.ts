import type { Seen } from './observe.js';
import type { HelmTest } from './release.js';

/** How a test ended. */
export interface Outcome {
  readonly test: HelmTest;
  readonly is: 'passed' | 'failed' | 'not run';
  /** In words; for one that has passed how long it took. */
  readonly why: string;
}

/**
 * Judges a test by what helm wrote down and by what was seen. Helm takes a Pod or Job that is deleted before it has ended for one that has
 * succeeded; here only one that was seen to succeed has.
 * @param before what helm had written down before
 */
export function judge(seen: Seen, before: HelmTest): Outcome {
  const { test, progress } = seen;
  const { lastRun } = test;
  if (lastRun.started === '' || lastRun.started === before.lastRun.started) {
    return progress === undefined
      ? { test, is: 'not run', why: 'helm did not come to it' }
      : { test, is: 'failed', why: progress.why || 'helm wrote down nothing of it' };
  }
  if (progress?.is === 'failed') return { test, is: 'failed', why: progress.why };
  if (lastRun.phase !== 'Succeeded') {
    return { test, is: 'failed', why: progress?.why || `helm says that it is ${lastRun.phase || 'unknown'}` };
  }
  if (progress?.is === 'succeeded') return { test, is: 'passed', why: secondsOf(test) };
  const why = `its ${test.kind} was deleted before it had ended; helm takes that for a success, op does not`;
  return { test, is: 'failed', why };
}

function secondsOf({ lastRun: { started, completed } }: HelmTest): string {
  const seconds = (new Date(completed).getTime() - new Date(started).getTime()) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? `in ${Math.round(seconds * 10) / 10} s` : '';
}
