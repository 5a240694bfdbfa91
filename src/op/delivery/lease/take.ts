import type { Context } from '../../context.js';
import { deadlineError, type OpError } from '../../kit/errors/op-error.js';
import { startInBackground } from '../../kit/process/background.js';
import { createBell } from '../../kit/process/bell.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { nameOfHolder, type RunState, watchHolderRun } from './holder.js';
import { ageText, type Lease, type LeaseClaim, newLease, parseLease, takenBy } from './lease.js';
import { judgeTakeover } from './takeover.js';

/** Takes a Lease, and waits while another holder has it. @throws OpError (deadline, tool, input) */
export async function takeLease(context: Context, api: KubernetesApi, claim: LeaseClaim): Promise<void> {
  const waiting = createWaiting(context, api, claim);
  if ((await attempt(context, api, claim, waiting)) === undefined) return;
  const bell = createBell();
  const query = { fieldSelector: `metadata.name=${claim.name}` };
  await using run = watchHolderRun(context, claim.identity.cluster, bell.ring);
  await using watching = startInBackground(context, (inner) => api.within(inner).follow(kinds.lease, query, bell.ring));
  const inner = watching.context;
  for (;;) {
    const pause = await attempt(inner, api.within(inner), claim, waiting, run.stateOf);
    if (pause === undefined) return;
    await bell.wait(inner, pause);
  }
}

const unknownRun = (): RunState => ({ is: 'unknown' });

/** @returns undefined when the Lease is taken; else the milliseconds after which to try again at the latest */
async function attempt(
  context: Context,
  api: KubernetesApi,
  { name, identity }: LeaseClaim,
  waiting: Waiting,
  stateOf: (lease: Lease) => RunState = unknownRun,
): Promise<number | undefined> {
  const say = (what: string) => context.log.step(`Lease ${name} in namespace ${api.namespace}: ${what}`);
  for (;;) {
    const found = await api.get(kinds.lease, name);
    if (found === undefined) {
      const created = await api.create(kinds.lease, newLease(name, identity, api.now()));
      if (created === 'conflict') continue;
      say(`created and taken by ${nameOfHolder(identity.holder)}`);
      return undefined;
    }
    const lease = parseLease(found);
    const age = ageText(api.now().getTime() - (lease.acquired ?? api.now()).getTime());
    const us = nameOfHolder(identity.holder);
    let how = `taken by ${us}`;
    if (lease.holder === identity.holder) how = `already held by ${us} for ${age}; continuing`;
    else if (lease.holder !== '') {
      const unchanged = waiting.see(lease);
      const verdict = judgeTakeover(lease, { now: api.now(), unchanged, run: stateOf(lease) });
      if (!verdict.take) return waiting.pause(lease, age, verdict.lookAgain);
      how = `taken over by ${us} from ${nameOfHolder(lease.holder)}, which has held it for ${age}: ${verdict.rule}`;
    }
    const replaced = await api.replace(kinds.lease, takenBy(identity, lease, api.now()));
    if (replaced === 'conflict' || replaced === 'gone') continue;
    say(how);
    return undefined;
  }
}

/** What has been seen and logged while waiting. */
interface Waiting {
  /** @returns for how many milliseconds the Lease has not changed */
  readonly see: (lease: Lease) => number;
  /** Logs why it waits. @returns for how many milliseconds to wait @throws OpError (deadline) */
  readonly pause: (lease: Lease, age: string, lookAgain: number) => number;
}

function createWaiting(context: Context, api: KubernetesApi, claim: LeaseClaim): Waiting {
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
      const left = claim.wait - (performance.now() - start);
      const renewed = ageText(api.now().getTime() - (lease.renewed ?? api.now()).getTime());
      if (left <= 0) throw timedOut(api, claim, lease, age, renewed);
      const is = `held by ${nameOfHolder(lease.holder)} for ${age}, renewed ${renewed} ago`;
      if (told.holder !== lease.holder || performance.now() - told.at > 30_000) {
        context.log.progress(`Lease ${claim.name}: ${is}; waiting for up to ${ageText(left)} more`);
        told = { holder: lease.holder, at: performance.now() };
      }
      return Math.min(lookAgain, left, 30_000);
    },
  };
}

function timedOut(
  { namespace, typed }: KubernetesApi,
  { name, wait }: LeaseClaim,
  lease: Lease,
  age: string,
  renewed: string,
): OpError {
  return deadlineError({
    what: `timed out waiting for Lease ${name} in namespace ${namespace}, held by ${nameOfHolder(lease.holder)}`,
    why: `it has been held for ${age} and was renewed ${renewed} ago; this command has waited ${ageText(wait)}`,
    hint: `run this again when that delivery has ended, or increase --lease-wait; if it has already ended: ${typed(`kubectl delete lease ${name} --namespace ${namespace}`)}`,
  });
}
