import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { startInBackground } from '../../kit/process/background.js';
import { createBell } from '../../kit/process/bell.js';
import { startDeadline } from '../../kit/process/deadline.js';
import type { Ended } from '../../kit/process/run.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import type { Helm } from './helm.js';
import { createLogStreams, createObserver, type ObservedTest, type Observer } from './observe-tests.js';
import type { TestProgress } from './pod-state.js';
import type { HelmTest, Release } from './release.js';
import { describeUnfinished, reportOutcomes, timedOut } from './report.js';
import type { TestFilter } from './request.js';

/** What to run. */
export interface TestRun {
  readonly release: Release;
  readonly tests: readonly HelmTest[];
  readonly filter: TestFilter;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Runs the tests and logs how each one ended. @throws OpError (refused, deadline, tool) unless all passed */
export async function runTests(context: Context, api: KubernetesApi, helm: Helm, run: TestRun): Promise<void> {
  const { release, tests, timeout } = run;
  const bell = createBell();
  const placed = tests.map((test) => ({ ...test, namespace: test.namespace || release.namespace }));
  const what = `the tests of release ${release.name} in namespace ${release.namespace} timed out after ${timeout / 1000} s`;
  let observer: Observer | undefined;
  let helmIs: 'not started' | 'running' | 'ended' = 'not started';
  try {
    using deadline = startDeadline(context, timeout, { what, why: '', hint: '' });
    const inTime = deadline.context;
    const logs = createLogStreams(inTime, api.within(inTime));
    const watching = createObserver(placed, logs, bell);
    observer = watching;
    const runHelm = async (): Promise<Ended> => {
      await using watch = startInBackground(inTime, (inner) => watching.follow(inner, api.within(inner)));
      const inner = watch.context;
      await untilReady(inner, watching);
      helmIs = 'running';
      const ended = await helm.run(inner, argumentsFor(run));
      helmIs = 'ended';
      await untilSeen(inner, watching, ended, bell);
      await logs.end(inner, 5000);
      return ended;
    };
    const ended = await runHelm();
    await reportOutcomes(inTime, helm, run, watching.seen(), ended);
  } catch (error) {
    const seen = observer?.seen() ?? [];
    // When helm has ended, it has cleaned up by the hook policies; tests that it lost track of may still be running.
    const left = seen.filter(({ progress }) => helmIs === 'running' || !isOver(progress));
    if (helmIs !== 'not started') await removeTests(context, api, left);
    if (!(error instanceof OpError && error.message === what)) throw error;
    for (const one of seen) context.log.step(describeUnfinished(one));
    throw timedOut(what, release, seen);
  }
}

/** The timeout of helm is for each test; that of op is for all tests together, and comes first. */
function argumentsFor({ release, filter, timeout }: TestRun): readonly string[] {
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

/** helm has its own watch, and may see the end of a test a moment before op does. */
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

const isOver = (progress: TestProgress | undefined) => progress?.is === 'succeeded' || progress?.is === 'failed';

/** Milliseconds; a second Ctrl-C ends op at once. */
const cleanUpTimeout = 15_000;

/** Removes the Pods and Jobs of this run after helm was stopped: nothing waits for them, and they would block the next run. */
async function removeTests(context: Context, api: KubernetesApi, tests: readonly ObservedTest[]): Promise<void> {
  const own = api.within({ ...context, signal: AbortSignal.timeout(cleanUpTimeout) });
  for (const { test, before } of tests) {
    const { name, namespace } = test;
    const kind = test.kind === 'Pod' ? kinds.pod : kinds.job;
    try {
      const found = await own.get(kind, name, namespace);
      if (found === undefined || before.has(found.metadata.uid)) continue;
      await own.remove(kind, name, namespace);
      context.log.step(`removed ${test.kind} ${name} of the stopped test`);
    } catch (error) {
      const why = error instanceof OpError ? error.why : 'the API server did not answer';
      context.log.warn(`cannot remove ${test.kind} ${name} in namespace ${namespace}: ${why}`);
    }
  }
}
