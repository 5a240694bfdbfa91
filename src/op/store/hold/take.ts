import type { Context } from '../../context.js';
import { deadlineError, type OpError, refusedError } from '../../kit/errors/op-error.js';
import { startInBackground } from '../../kit/process/background.js';
import { createBell } from '../../kit/process/bell.js';
import { nameOfHolder, type RunState, stateOfProcess, watchHolderRun } from './holder.js';
import { ageText, type FoundLock, type HolderIdentity, type Lock, newState, takenBy } from './lock.js';
import { judgeTakeover } from './takeover.js';

/** Who wants a lock, and for how many milliseconds to wait for another holder. */
export interface TakeClaim {
  readonly identity: HolderIdentity;
  readonly wait: number;
  readonly advice: string;
}

/** Takes a lock, and waits while another holder has it. @throws OpError (deadline, refused, tool, input) */
export async function takeLock(context: Context, lock: Lock, claim: TakeClaim): Promise<void> {
  const waiting = createWaiting(context, lock, claim);
  if ((await attempt(context, lock, claim, waiting)) === undefined) return;
  const bell = createBell();
  await using run = watchHolderRun(context, claim.identity.cluster, bell.ring);
  await using watching = startInBackground(context, (inner) => lock.within(inner).follow(bell.ring));
  const inner = watching.context;
  for (;;) {
    const pause = await attempt(inner, lock.within(inner), claim, waiting, run.stateOf);
    if (pause === undefined) return;
    await bell.wait(inner, pause);
  }
}

const unknownRun = (): RunState => ({ is: 'unknown' });

/** @returns undefined when the lock is taken; else the milliseconds after which to try again at the latest */
async function attempt(
  context: Context,
  lock: Lock,
  { identity }: TakeClaim,
  waiting: Waiting,
  stateOf: (found: FoundLock) => RunState = unknownRun,
): Promise<number | undefined> {
  const { log } = context;
  const say = (what: string, own = false) => (own ? log.debug : log.step)(`${lock.title} ${lock.place}: ${what}`);
  for (;;) {
    const found = await lock.read();
    if (found === undefined) {
      if ((await lock.create(newState(identity, lock.now()))) === 'conflict') continue;
      say(`created and taken by ${nameOfHolder(identity.holder)}`);
      return undefined;
    }
    const age = ageText(lock.now().getTime() - (found.acquired ?? lock.now()).getTime());
    const us = nameOfHolder(identity.holder);
    let how = `taken by ${us}`;
    if (found.holder === identity.holder) how = `already held by ${us} for ${age}; continuing`;
    else if (found.holder !== '') {
      const unchanged = waiting.see(found);
      const { sharedClock } = lock;
      const known = stateOf(found);
      const run = known.is === 'unknown' ? await stateOfProcess(found.holder) : known;
      const verdict = judgeTakeover(found, { now: lock.now(), sharedClock, unchanged, run });
      if (!verdict.take) return waiting.pause(found, age, verdict.lookAgain);
      how = `taken over by ${us} from ${nameOfHolder(found.holder)}, which has held it for ${age}: ${verdict.rule}`;
    }
    if ((await lock.replace(found, takenBy(identity, found, lock.now()))) === 'conflict') continue;
    // Each step of a pod continues with the lock of the one before: that it was taken is told once.
    say(how, found.holder === identity.holder);
    return undefined;
  }
}

/** What has been seen and logged while waiting. */
interface Waiting {
  /** @returns for how many milliseconds the lock has not changed */
  readonly see: (found: FoundLock) => number;
  /** Logs why it waits. @returns for how many milliseconds to wait @throws OpError (deadline) */
  readonly pause: (found: FoundLock, age: string, lookAgain: number) => number;
}

function createWaiting(context: Context, lock: Lock, claim: TakeClaim): Waiting {
  const start = performance.now();
  let seen = { version: '', since: start };
  let told = { holder: '', at: start };
  return {
    see: ({ version }) => {
      if (seen.version !== version) seen = { version, since: performance.now() };
      return performance.now() - seen.since;
    },
    pause: (found, age, lookAgain) => {
      const left = claim.wait - (performance.now() - start);
      const renewed = ageText(lock.now().getTime() - (found.renewed ?? lock.now()).getTime());
      if (left <= 0) throw timedOut(lock, claim, found, age, renewed);
      const is = `held by ${nameOfHolder(found.holder)} for ${age}, renewed ${renewed} ago`;
      if (told.holder !== found.holder || performance.now() - told.at > 30_000) {
        context.log.progress(`${lock.title}: ${is}; waiting for up to ${ageText(left)} more`);
        told = { holder: found.holder, at: performance.now() };
      }
      return Math.min(lookAgain, left, 30_000);
    },
  };
}

function timedOut(
  { title, place, removal }: Lock,
  { wait, advice }: TakeClaim,
  { holder, acquired }: FoundLock,
  age: string,
  renewed: string,
): OpError {
  const hint = `${advice}; if it has already ended: ${removal}`;
  const by = `held by ${nameOfHolder(holder)}`;
  if (wait === 0) {
    const since = acquired === undefined ? '' : ` since ${acquired.toISOString()}`;
    return refusedError({
      what: `${title} ${place} is ${by}`,
      why: `it has been held${since}, for ${age}, and was renewed ${renewed} ago`,
      hint,
    });
  }
  return deadlineError({
    what: `timed out waiting for ${title} ${place}, ${by}`,
    why: `it has been held for ${age} and was renewed ${renewed} ago; this command has waited ${ageText(wait)}`,
    hint,
  });
}
