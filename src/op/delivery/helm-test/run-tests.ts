import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { startInBackground } from '../../kit/process/background.js';
import { createBell } from '../../kit/process/bell.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import type { CheckedHook, HelmTest } from './check-hooks.js';
import type { Helm } from './helm.js';
import { createLogStreams, createObserver, type ObservedTest, type Observer } from './observe-tests.js';
import type { TestProgress } from './pod-state.js';
import type { Release } from './release.js';
import { describeUnfinished, reportOutcomes, timedOut } from './report.js';
import { runHooks } from './run-hooks.js';

/** What to run. */
export interface TestRun {
  readonly release: Release;
  /** What to create, in order. */
  readonly hooks: readonly CheckedHook[];
  /** The Pods and Jobs of it. */
  readonly tests: readonly HelmTest[];
  /** Milliseconds. */
  readonly timeout: number;
}

/** Runs the tests and logs how each one ended. @throws OpError (refused, deadline, tool) unless all passed */
export async function runTests(context: Context, api: KubernetesApi, helm: Helm, run: TestRun): Promise<void> {
  const { release, hooks, tests, timeout } = run;
  const bell = createBell();
  const what = `the tests of release ${release.name} in namespace ${release.namespace} timed out after ${timeout / 1000} s`;
  let observer: Observer | undefined;
  let running: 'not yet' | 'yes' | 'over' = 'not yet';
  try {
    using deadline = startDeadline(context, timeout, { what, why: '', hint: '' });
    const inTime = deadline.context;
    const logs = createLogStreams(inTime, api.within(inTime));
    const watching = createObserver(tests, logs, bell);
    observer = watching;
    const took = new Map<string, number>();
    const untilOver = async (inner: Context, test: HelmTest) => {
      const start = performance.now();
      for (;;) {
        const one = watching.seen().find(({ test: { name, kind } }) => name === test.name && kind === test.kind);
        if (one?.removed || isOver(one?.progress)) {
          took.set(test.name, performance.now() - start);
          return one?.progress?.is === 'succeeded' ? 'passed' : 'not passed';
        }
        await bell.wait(inner, 60_000);
      }
    };
    const runAll = async () => {
      await using watch = startInBackground(inTime, (inner) => watching.follow(inner, api.within(inner)));
      const inner = watch.context;
      await untilReady(inner, watching);
      running = 'yes';
      await runHooks(inner, api.within(inner), hooks, {
        untilOver: (test) => untilOver(inner, test),
        untilLogged: () => logs.end(inner, 5000),
      });
      running = 'over';
    };
    await runAll();
    await reportOutcomes(inTime, helm, release, { tests: watching.seen(), took });
  } catch (error) {
    const seen = observer?.seen() ?? [];
    const left = seen.filter(({ progress }) => running === 'yes' || !isOver(progress));
    if (running !== 'not yet') await removeTests(context, api, left);
    if (!(error instanceof OpError && error.message === what)) throw error;
    for (const one of seen) context.log.step(describeUnfinished(one));
    throw timedOut(what, release, seen);
  }
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

const isOver = (progress: TestProgress | undefined) => progress?.is === 'succeeded' || progress?.is === 'failed';

/** Milliseconds; a second Ctrl-C ends op at once. */
const cleanUpTimeout = 15_000;

/** Removes the Pods and Jobs of this run when the run was stopped: nothing waits for them, and they would block the next run. */
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
