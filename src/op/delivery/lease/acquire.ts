import type { Context } from '../../context.js';
import { deadlineError, type OpError } from '../../kit/errors/op-error.js';
import { createBell } from '../../kit/process/bell.js';
import { beside } from '../../kit/process/beside.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { ageText } from './age.js';
import { nameOfHolder, type RunState } from './holder.js';
import { judge } from './judge.js';
import { type Lease, newLease, parseLease, type Taker, taken } from './lease.js';
import { createRunWatch } from './run-watch.js';

/** Which Lease, for whom. */
export interface Wanted {
  readonly name: string;
  readonly taker: Taker;
  /** Milliseconds. */
  readonly wait: number;
}

/** Takes a Lease, and waits while somebody else holds it. @throws OpError (deadline, tool, input) */
export async function acquire(context: Context, api: KubernetesApi, wanted: Wanted): Promise<void> {
  const { name } = wanted;
  const waiting = createWaiting(context, api, wanted);
  if ((await attempt(context, api, wanted, waiting)) === undefined) return;
  const bell = createBell();
  const runs = createRunWatch(context, wanted.taker.cluster, bell.ring);
  const query = { fieldSelector: `metadata.name=${name}` };
  const watchLease = (inner: Context) => api.within(inner).follow(kinds.lease, query, bell.ring);
  try {
    await beside(context, watchLease, async (inner) => {
      for (;;) {
        const pause = await attempt(inner, api.within(inner), wanted, waiting, runs.stateOf);
        if (pause === undefined) return;
        await bell.wait(inner, pause);
      }
    });
  } finally {
    await runs.stop();
  }
}

const knowsNothing = (): RunState => ({ is: 'unknown' });

/** @returns undefined when it is taken; else milliseconds after which to look again at the latest */
async function attempt(
  context: Context,
  api: KubernetesApi,
  { name, taker }: Wanted,
  waiting: Waiting,
  stateOf: (lease: Lease) => RunState = knowsNothing,
): Promise<number | undefined> {
  const say = (what: string) => context.log.step(`Lease ${name} in namespace ${api.namespace}: ${what}`);
  for (;;) {
    const found = await api.get(kinds.lease, name);
    if (found === undefined) {
      const made = await api.create(kinds.lease, newLease(name, taker, api.now()));
      if (made === 'conflict') continue;
      say(`made and taken by ${nameOfHolder(taker.holder)}`);
      return undefined;
    }
    const lease = parseLease(found);
    const age = ageText(api.now().getTime() - (lease.acquired ?? api.now()).getTime());
    const us = nameOfHolder(taker.holder);
    let how = `taken by ${us}`;
    if (lease.holder === taker.holder) how = `held by ${us} already, for ${age}; it goes on`;
    else if (lease.holder !== '') {
      const unchanged = waiting.see(lease);
      const verdict = judge(lease, { now: api.now(), unchanged, run: stateOf(lease) });
      if (!verdict.take) return waiting.pause(lease, age, verdict.lookAgain);
      how = `taken over by ${us} from ${nameOfHolder(lease.holder)}, who has had it for ${age}: ${verdict.rule}`;
    }
    const put = await api.replace(kinds.lease, taken(lease, taker, api.now()));
    if (put === 'conflict' || put === 'gone') continue;
    say(how);
    return undefined;
  }
}

/** What has been seen and said while waiting. */
interface Waiting {
  /** @returns for how long, in milliseconds, the Lease has been as it is */
  readonly see: (lease: Lease) => number;
  /** Says why it waits. @returns for how long to @throws OpError (deadline) */
  readonly pause: (lease: Lease, age: string, lookAgain: number) => number;
}

function createWaiting(context: Context, api: KubernetesApi, wanted: Wanted): Waiting {
  const start = performance.now();
  let seen = { version: '', since: start };
  let told = { holder: '', at: start };
  return {
    see: ({ object }) => {
      const version = `${object.metadata.uid} ${object.metadata.resourceVersion}`;
      if (seen.version !== version) seen = { version, since: performance.now() };
      return performance.now() - seen.since;
    },
    pause: (lease, age, lookAgain) => {
      const left = wanted.wait - (performance.now() - start);
      const renewed = ageText(api.now().getTime() - (lease.renewed ?? api.now()).getTime());
      if (left <= 0) throw tooLate(api, wanted, lease, age, renewed);
      const is = `held by ${nameOfHolder(lease.holder)} for ${age}, renewed ${renewed} ago`;
      if (told.holder !== lease.holder || performance.now() - told.at > 30_000) {
        context.log.progress(`Lease ${wanted.name}: ${is}; waiting, at most ${ageText(left)} more`);
        told = { holder: lease.holder, at: performance.now() };
      }
      return Math.min(lookAgain, left, 30_000);
    },
  };
}

function tooLate(
  { namespace }: KubernetesApi,
  { name, wait }: Wanted,
  lease: Lease,
  age: string,
  renewed: string,
): OpError {
  return deadlineError({
    what: `Lease ${name} in namespace ${namespace} is held by ${nameOfHolder(lease.holder)}`,
    why: `it has been held for ${age} and was renewed ${renewed} ago; this command has waited ${ageText(wait)}`,
    hint: `wait until that one has ended and run this again, or give a longer --lease-wait; if it has ended: kubectl delete lease ${name} --namespace ${namespace}`,
  });
}
