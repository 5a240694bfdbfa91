import { setMaxListeners } from 'node:events';
import type { Context } from '../../../context.js';
import type { KubernetesApi } from '../../../systems/kubernetes/api.js';
import { type Judgement, judgeSnapshot } from '../judge/judge-snapshot.js';
import type { Requirements } from '../judge/judge-workload.js';
import type { DigestComparison } from '../judge/match-image.js';
import { createCollector, type ReconcileRequests } from '../read/collect-snapshot.js';
import type { Component } from '../read/component.js';
import { createStreams } from '../read/streams.js';
import { createDigestComparer } from './digest-comparer.js';
import { createProblemTimer } from './problem-timer.js';
import { createProgressReporter, heartbeat } from './progress-reporter.js';
import { repeatRequests, requestReconcile } from './request-reconcile.js';
import { createScheduler } from './scheduler.js';
import { singleFlight } from './single-flight.js';
import { createSnapshotFeed } from './snapshot-feed.js';
import { mismatchError, problemError } from './watch-errors.js';
import type { WatchStatus } from './watch-status.js';

/** What to watch, and what to wait for. */
export interface WatchTarget {
  readonly component: Component;
  readonly requirements: Requirements;
  /** Whether to ask Flux to reconcile. */
  readonly reconcile: boolean;
  /** Asks the registry whether two digests are the same image. */
  readonly compare: (comparison: DigestComparison) => Promise<boolean>;
}

/** Milliseconds until a refusal that was not confirmed is looked at again. */
const confirmAgain = 1000;

/**
 * Follows a component until it is proven to run the images. Nothing is polled: each change in the cluster is judged when it arrives.
 * @throws OpError (refused) when everything is finished and something else is running, (tool) when the rollout or Flux failed, (input) when
 * it is suspended
 */
export async function observe(
  context: Context,
  api: KubernetesApi,
  target: WatchTarget,
  status: WatchStatus,
): Promise<Judgement> {
  using scope = startScope(context);
  return await new Promise<Judgement>((resolve, reject) => {
    context.signal.addEventListener('abort', () => reject(context.signal.reason), { once: true });
    startEvaluating(scope.context, api.within(scope.context), target, status, { resolve, reject });
  });
}

/** A context that is aborted when its `using` ends, so that no stream, timer or request outlives the watch. */
function startScope(context: Context): Disposable & { readonly context: Context } {
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  // Each stream listens to it.
  setMaxListeners(0, signal);
  return { context: { ...context, signal }, [Symbol.dispose]: () => over.abort(new Error('the watch is over')) };
}

interface Outcome {
  readonly resolve: (judgement: Judgement) => void;
  readonly reject: (error: unknown) => void;
}

/** Judges the component now and after each change, until there is an outcome or the context ends. */
function startEvaluating(
  context: Context,
  api: KubernetesApi,
  { component, requirements, reconcile, compare }: WatchTarget,
  status: WatchStatus,
  { resolve, reject }: Outcome,
): void {
  const requests: ReconcileRequests = {
    phase: component.flux === undefined || !reconcile ? 'off' : 'pending',
    sent: new Map(),
  };
  const collect = createCollector(component);
  const feed = createSnapshotFeed();
  const timer = createProblemTimer();
  const reporter = createProgressReporter(context.log);

  const evaluate = () => {
    const { queries, snapshot } = collect(streams, requests);
    for (const query of queries) streams.follow(query);
    if (snapshot === undefined) return;
    status.snapshot = snapshot;
    feed.publish(snapshot);
    const judgement = judgeSnapshot(snapshot, requirements, comparer.answers);
    status.judgement = judgement;
    comparer.start(judgement.comparisons);
    if (judgement.verdict === 'proven') return resolve(judgement);
    const now = context.now().getTime();
    const { expired, next } = timer.check(judgement.problems, now);
    if (expired !== undefined) {
      status.problem = expired;
      throw problemError(component, expired);
    }
    if (judgement.verdict === 'refused') return confirm();
    const untilReport = reporter.report(judgement, now);
    scheduler.wakeAfter(Math.min(next ?? heartbeat, untilReport));
    if (requests.phase !== 'off') repeatRequests(api, requests, snapshot).catch(reject);
  };

  const scheduler = createScheduler(context.signal, evaluate, reject);
  const streams = createStreams(api, scheduler.changed, reject);
  const comparer = createDigestComparer(compare, scheduler.changed, reject);

  /** The streams may show different moments, so a refusal is confirmed by a fresh list of everything. */
  const confirmRefusal = async () => {
    const read = await streams.relist();
    const { snapshot } = collect({ read, unreadable: streams.unreadable }, requests);
    if (snapshot === undefined) return;
    const judgement = judgeSnapshot(snapshot, requirements, comparer.answers);
    if (judgement.verdict !== 'refused') return;
    status.snapshot = snapshot;
    status.judgement = judgement;
    throw mismatchError(component, judgement);
  };
  const confirm = singleFlight(confirmRefusal, reject, () => scheduler.wakeWithin(confirmAgain));

  const sendRequests = async () => {
    await feed.until(() => true);
    await requestReconcile(context, api, requests, feed);
    scheduler.changed();
  };
  if (requests.phase === 'pending') sendRequests().catch(reject);
  scheduler.runNow();
}
