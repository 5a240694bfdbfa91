import type { Context } from '../../context.js';
import { deadlineError, type OpError, refusedError } from '../../kit/errors/op-error.js';
import type { HelmTest } from './check-hooks.js';
import type { Helm } from './helm.js';
import type { ObservedTest } from './observe-tests.js';
import { type Release, readRelease } from './release.js';

/** How a test ended. */
interface Outcome {
  readonly test: HelmTest;
  readonly is: 'passed' | 'failed' | 'not run';
  /** For a test that passed: how long it took. */
  readonly why: string;
}

/**
 * Judges a test by what was seen of it: one that was deleted before it finished has not passed, although `helm test` counts it.
 * @param took milliseconds, by the name of the test
 */
function judgeTest({ test, progress }: ObservedTest, took: ReadonlyMap<string, number>): Outcome {
  if (progress === undefined) return { test, is: 'not run', why: 'a test before it did not pass' };
  if (progress.is === 'failed') return { test, is: 'failed', why: progress.why };
  if (progress.is === 'succeeded') return { test, is: 'passed', why: secondsOf(took.get(test.name)) };
  return { test, is: 'failed', why: `its ${test.kind} was deleted before it finished` };
}

const secondsOf = (milliseconds: number | undefined) =>
  milliseconds === undefined ? '' : `in ${Math.round(milliseconds / 100) / 10} s`;

/** What was seen of all tests. */
export interface Observed {
  readonly tests: readonly ObservedTest[];
  /** Milliseconds, by the name of the test. */
  readonly took: ReadonlyMap<string, number>;
}

/**
 * Logs how each test ended.
 * @throws OpError (refused) unless every test passed
 */
export async function reportOutcomes(
  context: Context,
  helm: Helm,
  release: Release,
  { tests, took }: Observed,
): Promise<void> {
  const outcomes = tests.map((seen) => judgeTest(seen, took));
  for (const { test, is, why } of outcomes) {
    const detail = why === '' ? '' : is === 'passed' ? ` ${why}` : `: ${why}`;
    context.log.step(`test ${test.name} (${test.kind}): ${is}${detail}`);
  }
  const after = await readRelease(context, helm, release.name);
  if (after.revision !== release.revision) {
    throw refusedError({
      what: `cannot test release ${release.name} in namespace ${release.namespace}: it changed during the test`,
      why: `revision ${release.revision} became ${after.revision} while its tests ran`,
      hint: 'run it again when nothing else changes the release',
    });
  }
  const failed = outcomes.filter(({ is }) => is !== 'passed');
  const [first] = failed;
  if (first === undefined) return;
  throw refusedError({
    what: `${failed.length} of ${outcomes.length} tests of release ${release.name} in namespace ${release.namespace} did not pass`,
    why: failed.map(({ test, is, why }) => `${test.name}: ${is === 'failed' ? why : `${is}, ${why}`}`).join('\n'),
    hint: `see its logs with: kubectl logs ${first.test.kind.toLowerCase()}/${first.test.name} --namespace ${first.test.namespace} --all-containers, unless its hook-delete-policy removed it`,
  });
}

/** The last known state of a test, for a run that was cut short. */
export function describeUnfinished({ test, progress }: ObservedTest): string {
  const state = progress === undefined ? 'not run' : progress.is === 'succeeded' ? 'passed' : progress.why;
  return `test ${test.name} (${test.kind}): ${state}`;
}

/** The error for a run that was cut short by its deadline. */
export function timedOut(what: string, release: Release, seen: readonly ObservedTest[]): OpError {
  const current = seen.find(({ progress }) => progress?.is === 'running' || progress?.is === 'waiting');
  const why =
    current === undefined
      ? 'the API server did not answer'
      : `test ${current.test.name}: ${current.progress?.why ?? ''}`;
  const hint = `see the events with: kubectl get events --namespace ${release.namespace} --sort-by=.lastTimestamp, or increase --timeout`;
  return deadlineError({ what, why, hint });
}
