import type { Context } from '../../context.js';
import { deadlineError, type OpError, refusedError } from '../../kit/errors/op-error.js';
import type { Ended } from '../../kit/process/run.js';
import { failureOfHelm, type Helm } from './helm.js';
import type { ObservedTest } from './observe-tests.js';
import { type HelmTest, type Release, readRelease } from './release.js';

/** How a test ended. */
interface Outcome {
  readonly test: HelmTest;
  readonly is: 'passed' | 'failed' | 'not run';
  /** For a test that passed: how long it took. */
  readonly why: string;
}

/**
 * Judges a test by what helm recorded and by what was seen. helm counts a Pod or Job that is deleted before it finishes as a success; op
 * counts only what was seen to succeed.
 * @param before what helm had recorded before the run
 */
function judgeTest(seen: ObservedTest, before: HelmTest): Outcome {
  const { test, progress } = seen;
  const { lastRun } = test;
  if (lastRun.started === '' || lastRun.started === before.lastRun.started) {
    return progress === undefined
      ? { test, is: 'not run', why: 'helm did not reach it' }
      : { test, is: 'failed', why: progress.why || 'helm did not record it' };
  }
  if (progress?.is === 'failed') return { test, is: 'failed', why: progress.why };
  if (lastRun.phase !== 'Succeeded') {
    return { test, is: 'failed', why: progress?.why || `helm recorded the phase ${lastRun.phase || 'unknown'}` };
  }
  if (progress?.is === 'succeeded') return { test, is: 'passed', why: secondsOf(test) };
  const why = `its ${test.kind} was deleted before it finished; helm counts that as a success, op does not`;
  return { test, is: 'failed', why };
}

function secondsOf({ lastRun: { started, completed } }: HelmTest): string {
  const seconds = (new Date(completed).getTime() - new Date(started).getTime()) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? `in ${Math.round(seconds * 10) / 10} s` : '';
}

/**
 * Logs how each test ended.
 * @param tests what helm had recorded before the run
 * @throws OpError (refused) unless every test passed, (tool) when helm failed for another reason
 */
export async function reportOutcomes(
  context: Context,
  helm: Helm,
  { release, tests }: { readonly release: Release; readonly tests: readonly HelmTest[] },
  observed: readonly ObservedTest[],
  ended: Ended,
): Promise<void> {
  const what = `cannot test release ${release.name} in namespace ${release.namespace}`;
  const after = await readRelease(context, helm, release.name);
  const outcomes = observed.map((seen, index): Outcome => {
    const recorded = after.tests.find(({ name, kind }) => name === seen.test.name && kind === seen.test.kind);
    const before = tests[index] ?? seen.test;
    return judgeTest({ ...seen, test: { ...seen.test, lastRun: recorded?.lastRun ?? before.lastRun } }, before);
  });
  for (const { test, is, why } of outcomes) {
    const detail = why === '' ? '' : is === 'passed' ? ` ${why}` : `: ${why}`;
    context.log.step(`test ${test.name} (${test.kind}): ${is}${detail}`);
  }
  if (after.revision !== release.revision) {
    throw refusedError({
      what: `${what}: it changed during the test`,
      why: `revision ${release.revision} became ${after.revision} while its tests ran`,
      hint: 'run it again when nothing else changes the release',
    });
  }
  const failed = outcomes.filter(({ is }) => is !== 'passed');
  const ran = observed.some(({ progress }) => progress?.is === 'failed');
  // helm failed without a failed test: the API server, a permission or a quota.
  if (ended.ended !== 'ok' && !ran) throw failureOfHelm(what, ended, helm.namespace);
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
      ? 'helm or the API server did not answer'
      : `test ${current.test.name}: ${current.progress?.why ?? ''}`;
  const hint = `see the events with: kubectl get events --namespace ${release.namespace} --sort-by=.lastTimestamp, or increase --timeout`;
  return deadlineError({ what, why, hint });
}
