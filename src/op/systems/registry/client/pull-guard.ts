import type { Context } from '../../../context.js';
import { toolError } from '../../../kit/errors/op-error.js';
import { sleep } from '../../../kit/process/sleep.js';
import type { Answer } from './exchange.js';

/** How many manifests may be read: registries with a quota count these requests as pulls, and `HEAD` as none. */
export interface PullLimits {
  /** Of the pulls that the registry says are left, so many are left for others. */
  readonly min?: number | undefined;
  /** So many pulls in {@link per} milliseconds, for a registry that does not say. */
  readonly pulls?: number | undefined;
  readonly per?: number | undefined;
  /** Milliseconds after which it is asked again whether there are more. Without it, a pull beyond the limit fails at once. */
  readonly retry?: number | undefined;
}

/** Lets pulls of one registry pass, or not. */
export interface PullGuard {
  /**
   * Makes a pull, when the limits allow it.
   * @param ask a request that is no pull and whose answer says how many are left
   * @throws OpError (tool) when they do not, and nothing says to wait
   */
  readonly pull: (pull: () => Promise<Answer>, ask: () => Promise<Answer>, signal: AbortSignal) => Promise<Answer>;
  /** Reads how many pulls are left from any answer about a manifest. */
  readonly learn: (answer: Answer) => void;
}

/** Pulls that are left, as `RateLimit-Remaining: 76;w=21600`. Source: Docker Hub, "View pull rate and limit". */
const remainingIn = ({ headers }: Answer): number | undefined => {
  const [, count] = /^\s*(\d{1,9})\s*(?:;|$)/u.exec(headers['ratelimit-remaining']?.toString() ?? '') ?? [];
  return count === undefined ? undefined : Number(count);
};

/** @param host for messages */
export function createPullGuard(context: Context, host: string, { min, pulls, per = 0, retry }: PullLimits): PullGuard {
  /** The least that was said since it was last asked: answers come in another order than the server counts. */
  let remaining = Number.POSITIVE_INFINITY;
  const times: number[] = [];
  /** Pulls on their way, and who waits for one to end. */
  let running = 0;
  let waiting: (() => void)[] = [];
  const inWindow = () => {
    while (times[0] !== undefined && times[0] <= Date.now() - per) times.shift();
    return times.length;
  };
  /** Why there may be no pull now; undefined if there may be one. */
  const obstacle = (): string | undefined => {
    // The server has not counted those that are on their way.
    if (min !== undefined && remaining - running <= min) {
      return `${host} says that ${remaining} pulls are left, and rate.min is ${min}`;
    }
    if (pulls !== undefined && inWindow() >= pulls)
      return `rate.pulls is ${pulls} in ${per / 1000} s, and these are made`;
    return undefined;
  };
  const learn = (answer: Answer) => {
    remaining = Math.min(remaining, remainingIn(answer) ?? remaining);
  };
  const ready = async (ask: () => Promise<Answer>, signal: AbortSignal): Promise<void> => {
    for (let isAsked = false; ; ) {
      signal.throwIfAborted();
      const why = obstacle();
      if (why === undefined) {
        // At once: others that wait must see it.
        running += 1;
        times.push(Date.now());
        return;
      }
      // What is on its way may be counted twice: by the server, and here.
      if (running > 0) {
        await new Promise<void>((done) => waiting.push(done));
        continue;
      }
      if (!isAsked && min !== undefined && remaining <= min) {
        isAsked = true;
        remaining = remainingIn(await ask()) ?? Number.POSITIVE_INFINITY;
        continue;
      }
      if (retry === undefined) throw spent(host, why);
      context.log.progress(`${why}: asking again in ${Math.ceil(retry / 1000)} s`);
      await sleep({ signal }, retry);
      isAsked = false;
    }
  };
  return {
    learn,
    pull: async (pull, ask, signal) => {
      await ready(ask, signal);
      try {
        const answer = await pull();
        learn(answer);
        return answer;
      } finally {
        running -= 1;
        const told = waiting;
        waiting = [];
        for (const tell of told) tell();
      }
    },
  };
}

const spent = (host: string, why: string) =>
  toolError({
    what: `no more images are read from ${host}`,
    why,
    hint: 'run the same command again later: it goes on where it stopped; or set rate.retry, to wait',
  });
