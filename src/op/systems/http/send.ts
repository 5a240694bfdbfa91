import type { Context } from '../../context.js';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';

/** A request to any server, as a program of a user makes it. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Whatever the server answered, its status included. */
export interface HttpAnswer {
  readonly status: number;
  /** Such as `Not Found`. */
  readonly text: string;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Bytes of the largest answer, and milliseconds for the whole. */
const largest = 16 * 1024 * 1024;
const patience = 60_000;

/** Sends a request; redirects are followed. @throws OpError (input) for what is no http URL; (tool) without an answer that can be read */
export async function send(context: Pick<Context, 'signal'>, request: HttpRequest): Promise<HttpAnswer> {
  const { method, url, headers, body } = request;
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !/^https?:$/u.test(address.protocol)) {
    throw inputError({
      what: `cannot send to "${oneLine(url, 200)}"`,
      why: 'it is no URL of http or https',
      hint: 'give a URL such as https://host/path',
    });
  }
  const shown = `${address.origin}${address.pathname}`;
  const failed = (why: string) =>
    toolError({ what: `${method} ${shown} failed`, why, hint: 'check the URL, and that this machine can reach it' });
  const time = AbortSignal.timeout(patience);
  try {
    const answer = await fetch(address, {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      signal: AbortSignal.any([context.signal, time]),
      ...(body === '' ? {} : { body }),
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body ?? []) {
      size += chunk.length;
      if (size > largest) throw new Error(`the answer has more than ${largest} bytes`);
      chunks.push(chunk);
    }
    return {
      status: answer.status,
      text: answer.statusText,
      headers: [...answer.headers],
      body: Buffer.concat(chunks).toString('utf8'),
    };
  } catch (error) {
    context.signal.throwIfAborted();
    if (time.aborted) throw failed(`it took longer than ${patience / 1000} s`);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw failed(cause instanceof Error ? cause.message : String(cause));
  }
}
