import { setMaxListeners } from 'node:events';
import type { Context } from '../../context.js';
import type { KubernetesApi } from '../../systems/kubernetes/api.js';
import { askAgain, askFlux, type View } from './ask.js';
import { createCollector, type Requests } from './collect.js';
import { type Component, nameOfComponent } from './component.js';
import { failureOf, type LastSeen, refusalOf } from './endings.js';
import { pairOf, shortDigests } from './image-match.js';
import { type Judgement, judge } from './judge.js';
import type { Demands, Question } from './judge-workload.js';
import { createPatience } from './patience.js';
import type { Snapshot } from './snapshot.js';
import { createStreams } from './streams.js';

/** What is watched, and for what. */
export interface Watched {
  readonly component: Component;
  readonly demands: Demands;
  /** Whether Flux is asked. */
  readonly reconcile: boolean;
  /** Asks the registry whether two digests are the same image. */
  readonly compare: (question: Question) => Promise<boolean>;
}

/** Milliseconds: a burst of events is judged once. */
const pause = 20;
const heartbeat = 30_000;
const breath = 1000;

/**
 * Follows a component until it is proven to run the images. Nothing is polled: each change in the cluster is judged when it comes.
 * @throws OpError (refused) when all is finished and something else runs, (tool) when the rollout or Flux failed, (input) when it is suspended
 */
export async function observe(
  context: Context,
  api: KubernetesApi,
  watched: Watched,
  last: LastSeen,
): Promise<Judgement> {
  const { component, demands } = watched;
  const over = new AbortController();
  const inner: Context = { ...context, signal: AbortSignal.any([context.signal, over.signal]) };
  // Each stream listens to it.
  setMaxListeners(0, inner.signal);
  const innerApi = api.within(inner);
  const requests: Requests = {
    asking: component.flux === undefined || !watched.reconcile ? 'no' : 'pending',
    of: new Map(),
  };
  const collect = createCollector(component);
  const patience = createPatience();
  const same = new Map<string, boolean>();
  const asked = new Set<string>();
  const waiters = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  let said = { text: '', at: 0 };

  try {
    return await new Promise<Judgement>((done, fail) => {
      let scheduled = false;
      let confirming = false;
      let begun = false;
      const change = () => {
        if (scheduled || inner.signal.aborted) return;
        scheduled = true;
        setTimeout(() => {
          scheduled = false;
          if (!inner.signal.aborted) attempt(look);
        }, pause);
      };
      const attempt = (act: () => void) => {
        try {
          act();
        } catch (error) {
          fail(error);
        }
      };
      context.signal.addEventListener('abort', () => fail(context.signal.reason), { once: true });
      const streams = createStreams(innerApi, change, fail);

      const look = () => {
        const { wanted, snapshot } = collect(streams, requests);
        for (const one of wanted) streams.follow(one);
        if (snapshot === undefined) return;
        last.snapshot = snapshot;
        for (const waiter of waiters) waiter();
        if (!begun) begin();
        const judgement = judge(snapshot, demands, same);
        last.judgement = judgement;
        for (const question of judgement.questions) ask(question);
        if (judgement.verdict === 'proven') return done(judgement);
        const now = context.now().getTime();
        const { over: trouble, next } = patience.lookAt(judgement.troubles, now);
        if (trouble !== undefined) {
          last.trouble = trouble;
          return fail(failureOf(component, trouble));
        }
        if (judgement.verdict === 'refused') return confirm();
        const later = progress(judgement, now);
        clearTimeout(timer);
        timer = setTimeout(change, Math.min(next ?? heartbeat, later));
        if (requests.asking !== 'no') askAgain(innerApi, requests, snapshot).catch(fail);
      };

      const begin = () => {
        begun = true;
        if (requests.asking !== 'pending') return;
        askFlux(inner, innerApi, requests, view).then(change, fail);
      };

      const ask = (question: Question) => {
        const pair = pairOf(question.expected.image.digest, question.found);
        if (asked.has(pair)) return;
        asked.add(pair);
        watched.compare(question).then((answer) => {
          same.set(pair, answer);
          change();
        }, fail);
      };

      /** Several streams show several moments: before it is refused, all is asked for at one. */
      const confirm = () => {
        if (confirming) return;
        confirming = true;
        streams
          .fresh()
          .then((read) => {
            const { snapshot } = collect({ read, unreadable: streams.unreadable }, requests);
            if (snapshot === undefined) return;
            const judgement = judge(snapshot, demands, same);
            if (judgement.verdict !== 'refused') return;
            last.snapshot = snapshot;
            last.judgement = judgement;
            fail(refusalOf(component, judgement));
          })
          .catch(fail)
          .finally(() => {
            confirming = false;
            if (!inner.signal.aborted) timer = setTimeout(change, 1000);
          });
      };

      const view: View = {
        now: () => last.snapshot ?? nothing,
        until: (fits) =>
          new Promise((done) => {
            const check = () => {
              if (last.snapshot === undefined || !fits(last.snapshot)) return;
              waiters.delete(check);
              done();
            };
            waiters.add(check);
            check();
          }),
      };
      const nothing: Snapshot = {
        component: nameOfComponent(component),
        flux: undefined,
        workloads: [],
        generations: [],
        pods: [],
        failedCreates: [],
        before: new Map(),
      };
      attempt(look);
    });
  } finally {
    over.abort(new Error('the watch is over'));
    clearTimeout(timer);
  }

  /** Says what it waits for when that is new, at most once a second. @returns milliseconds until there may be something to say */
  function progress({ why, troubles }: Judgement, now: number): number {
    const [trouble] = troubles;
    const text = shortDigests(`waiting for ${why}${trouble === undefined ? '' : `; ${trouble.why}`}`);
    const left = said.at + (text === said.text ? heartbeat : breath) - now;
    if (left > 0) return left;
    said = { text, at: now };
    context.log.progress(text);
    return heartbeat;
  }
}
