import type { Context } from '../../context.js';
import { deadlineError, OpError, refusedError } from '../../kit/errors/op-error.js';
import { createBell } from '../../kit/process/bell.js';
import { beside } from '../../kit/process/beside.js';
import { withDeadline } from '../../kit/process/deadline.js';
import type { Ended } from '../../kit/process/run.js';
import type { KubernetesApi } from '../../systems/kubernetes/api.js';
import { cleanUp } from './clean-up.js';
import { failureOfHelm, type Helm } from './helm.js';
import { judge, type Outcome } from './judge.js';
import { createObserver, type Observer, type Seen } from './observe.js';
import type { Progress } from './pod-state.js';
import { type HelmTest, type Release, readRelease } from './release.js';
import type { Filter } from './request.js';
import { createLogStreams } from './stream-logs.js';

/** What to run. */
export interface Run {
  readonly release: Release;
  readonly tests: readonly HelmTest[];
  readonly filter: Filter;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Runs the tests; each one that did not pass is said, and makes it fail. @throws OpError (refused, deadline, tool) */
export async function runTests(context: Context, api: KubernetesApi, helm: Helm, run: Run): Promise<void> {
  const { release, tests, timeout } = run;
  const bell = createBell();
  const placed = tests.map((test) => ({ ...test, namespace: test.namespace || release.namespace }));
  const what = `the tests of release ${release.name} in namespace ${release.namespace} did not end within ${timeout / 1000} s`;
  const late = { what, why: '', hint: '' };
  let observer: Observer | undefined;
  let helmIs: 'not begun' | 'running' | 'ended' = 'not begun';
  try {
    await withDeadline(context, timeout, late, async (inTime) => {
      const logs = createLogStreams(inTime, api.within(inTime));
      const watching = createObserver(placed, logs, bell);
      observer = watching;
      const result = await beside(
        inTime,
        (inner) => watching.follow(inner, api.within(inner)),
        async (inner) => {
          await untilReady(inner, watching);
          helmIs = 'running';
          const helmEnded = await helm.run(inner, argumentsFor(run));
          helmIs = 'ended';
          await untilSeen(inner, watching, helmEnded, bell);
          await logs.end(inner, 5000);
          return helmEnded;
        },
      );
      await report(inTime, helm, run, watching, result);
    });
  } catch (error) {
    // A helm that ended has cleaned up by the policies of its hooks, but it lets run what it has lost sight of.
    const left = observer?.seen().filter(({ progress }) => helmIs === 'running' || !isOver(progress)) ?? [];
    if (helmIs !== 'not begun') await cleanUp(context, api, left);
    if (!(error instanceof OpError && error.message === what)) throw error;
    for (const one of observer?.seen() ?? []) context.log.step(sayUnfinished(one));
    throw tooLate(what, release, observer);
  }
}

/** helm's own limit is for each test; op's is for all of them, and comes first. */
function argumentsFor({ release, filter, timeout }: Run): readonly string[] {
  const filters = [...filter.only.map((name) => `name=${name}`), ...filter.not.map((name) => `!name=${name}`)];
  return [
    ...['test', release.name, '--hide-notes', `--timeout=${Math.ceil(timeout / 1000) + 60}s`],
    ...filters.map((one) => `--filter=${one}`),
  ];
}

async function untilReady({ signal }: Context, { ready }: Observer): Promise<void> {
  await new Promise<void>((done, fail) => {
    const stop = () => fail(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    ready.then(() => {
      signal.removeEventListener('abort', stop);
      done();
    });
  });
}

/** helm has a watch of its own, and may see an end a moment earlier than op does. */
async function untilSeen(context: Context, observer: Observer, { ended }: Ended, bell: ReturnType<typeof createBell>) {
  const all = ended === 'ok';
  const areOver = () => {
    const seen = observer.seen().filter(({ progress }) => progress !== undefined || all);
    return seen.every(({ progress, removed }) => removed || isOver(progress));
  };
  for (const end = performance.now() + 2000; !areOver() && performance.now() < end; ) {
    await bell.wait(context, Math.max(1, end - performance.now()));
  }
}

const isOver = (progress: Progress | undefined) => progress?.is === 'succeeded' || progress?.is === 'failed';

async function report(context: Context, helm: Helm, run: Run, observer: Observer, ended: Ended): Promise<void> {
  const { release, tests } = run;
  const what = `cannot test release ${release.name} in namespace ${release.namespace}`;
  const after = await readRelease(context, helm, release.name);
  const outcomes = observer.seen().map((seen, index): Outcome => {
    const recorded = after.tests.find(({ name, kind }) => name === seen.test.name && kind === seen.test.kind);
    const before = tests[index] ?? seen.test;
    return judge({ ...seen, test: { ...seen.test, lastRun: recorded?.lastRun ?? before.lastRun } }, before);
  });
  for (const { test, is, why } of outcomes) {
    const detail = why === '' ? '' : is === 'passed' ? ` ${why}` : `: ${why}`;
    context.log.step(`test ${test.name} (${test.kind}): ${is}${detail}`);
  }
  if (after.revision !== release.revision) {
    throw refusedError({
      what: `${what}: it changed meanwhile`,
      why: `revision ${release.revision} became ${after.revision} while its tests ran`,
      hint: 'run it again when nothing else changes the release',
    });
  }
  const failed = outcomes.filter(({ is }) => is !== 'passed');
  const ran = observer.seen().some(({ progress }) => progress?.is === 'failed');
  // helm stopped, and no test did: the API server, a right or a quota.
  if (ended.ended !== 'ok' && !ran) throw failureOfHelm(what, ended, helm.namespace);
  const [first] = failed;
  if (first === undefined) return;
  throw refusedError({
    what: `${failed.length} of ${outcomes.length} tests of release ${release.name} in namespace ${release.namespace} did not pass`,
    why: failed.map(({ test, is, why }) => `${test.name}: ${is === 'failed' ? why : `${is}, ${why}`}`).join('\n'),
    hint: `look at it with: kubectl logs ${first.test.kind.toLowerCase()}/${first.test.name} --namespace ${first.test.namespace} --all-containers, if its hook-delete-policy left it`,
  });
}

function sayUnfinished({ test, progress }: Seen): string {
  const state = progress === undefined ? 'not run' : progress.is === 'succeeded' ? 'passed' : progress.why;
  return `test ${test.name} (${test.kind}): ${state}`;
}

function tooLate(what: string, release: Release, observer: Observer | undefined): OpError {
  const seen = observer?.seen() ?? [];
  const current = seen.find(({ progress }) => progress?.is === 'running' || progress?.is === 'waiting');
  const why =
    current === undefined
      ? 'helm or the API server did not answer'
      : `test ${current.test.name}: ${current.progress?.why ?? ''}`;
  const hint = `look at the events with: kubectl get events --namespace ${release.namespace} --sort-by=.lastTimestamp, or give a longer --timeout`;
  return deadlineError({ what, why, hint });
}
