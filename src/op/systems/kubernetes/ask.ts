import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';
import { type Asked, failureOfConnection } from './explain.js';
import type { Answer, Connections, Request } from './send.js';

const timeout = 30_000;
const attempts = 4;

/** How far the server's clock is ahead of this machine's, in milliseconds; learned from its answers. */
export interface Clock {
  ahead: number;
}

/** Sends a request and gives its answer, whatever it is. @throws OpError (tool) without an answer, or the signal's reason */
export type Ask = (asked: Asked, request: Request) => Promise<Answer>;

/** Asks again, a few times, where that is safe and may help. */
export function createAsk(context: Context, connections: Connections, clock: Clock): Ask {
  const once = async (asked: Asked, request: Request): Promise<Answer> => {
    const late = AbortSignal.timeout(timeout);
    try {
      const answer = await connections.ask(request, AbortSignal.any([context.signal, late]));
      // Less than a second may be the rounding of that date.
      const ahead = answer.date === undefined ? 0 : answer.date.getTime() - context.now().getTime();
      clock.ahead = Math.abs(ahead) < 1500 ? 0 : ahead;
      return answer;
    } catch (error) {
      if (late.aborted && !context.signal.aborted) {
        throw failureOfConnection(asked, new Error(`it did not answer within ${timeout / 1000} s`));
      }
      throw error;
    }
  };

  return async (asked, request) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await once(asked, request).catch((error: unknown) => {
        if (attempt < attempts && request.method === 'GET' && isPassing(error)) return undefined;
        throw error instanceof OpError || context.signal.aborted ? error : failureOfConnection(asked, asError(error));
      });
      if (answer !== undefined && (attempt === attempts || !mayTryAgain(request, answer, attempt))) return answer;
      const wait = answer?.retryAfter === undefined ? 250 * 2 ** attempt : answer.retryAfter * 1000;
      context.log.debug(`${asked.what}: ${answer?.status ?? 'no answer'}, again in ${wait} ms`);
      await sleep(context, Math.min(wait, 10_000));
    }
  };
}

/** 429 and 401 were not carried out, whatever they were (kubectl renews a token when it has been refused); the others may have been. */
const mayTryAgain = ({ method }: Request, { status, text }: Answer, attempt: number) =>
  status === 429 ||
  (status === 401 && attempt === 1) ||
  (method === 'GET' && (status === 502 || status === 503 || status === 504 || (status === 500 && !isHopeless(text))));

/** What the proxy says of an address or a login that no second try makes better. */
const isHopeless = (text: string) => /no such host|x509|getting credentials|:8080: connect/u.test(text);

const isPassing = (error: unknown) => !(error instanceof OpError) && error instanceof Error && 'code' in error;

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
