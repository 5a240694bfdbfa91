import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';
import type { Answer, Connections, Request } from './connections.js';
import { failureOfConnection, type Operation } from './explain.js';

const timeout = 30_000;
const attempts = 4;

/** How far the server's clock is ahead of this machine's, in milliseconds; learned from its answers. */
export interface Clock {
  ahead: number;
}

/** Sends a request and gives its answer, whatever its status. @throws OpError (tool) without an answer, or the signal's reason */
export type SendRequest = (operation: Operation, request: Request) => Promise<Answer>;

/** Repeats a request, a few times, where that is safe and may help. */
export function retryingRequests(context: Context, connections: Connections, clock: Clock): SendRequest {
  const once = async (operation: Operation, request: Request): Promise<Answer> => {
    const late = AbortSignal.timeout(timeout);
    try {
      const answer = await connections.send(request, AbortSignal.any([context.signal, late]));
      // The date has no fractions of a second, so a smaller difference may be rounding.
      const ahead = answer.date === undefined ? 0 : answer.date.getTime() - context.now().getTime();
      clock.ahead = Math.abs(ahead) < 1500 ? 0 : ahead;
      return answer;
    } catch (error) {
      if (late.aborted && !context.signal.aborted) {
        throw failureOfConnection(operation, new Error(`it did not answer within ${timeout / 1000} s`));
      }
      throw error;
    }
  };

  return async (operation, request) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await once(operation, request).catch((error: unknown) => {
        if (attempt < attempts && request.method === 'GET' && isTransient(error)) return undefined;
        throw error instanceof OpError || context.signal.aborted
          ? error
          : failureOfConnection(operation, asError(error));
      });
      if (answer !== undefined && (attempt === attempts || !mayRetry(request, answer, attempt))) return answer;
      const wait = answer?.retryAfter === undefined ? 250 * 2 ** attempt : answer.retryAfter * 1000;
      context.log.debug(`${operation.what}: ${answer?.status ?? 'no answer'}, retrying in ${wait} ms`);
      await sleep(context, Math.min(wait, 10_000));
    }
  };
}

/**
 * The server did not carry out what it answers with 429 or 401 (kubectl renews a token that was refused). What it answers with another
 * status may have been carried out, so only a read is repeated.
 */
const mayRetry = ({ method }: Request, { status, text }: Answer, attempt: number) =>
  status === 429 ||
  (status === 401 && attempt === 1) ||
  (method === 'GET' && (status === 502 || status === 503 || status === 504 || (status === 500 && !isHopeless(text))));

/** What the proxy says about an address or a login that a retry does not change. */
const isHopeless = (text: string) => /no such host|x509|getting credentials|:8080: connect/u.test(text);

const isTransient = (error: unknown) => !(error instanceof OpError) && error instanceof Error && 'code' in error;

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
