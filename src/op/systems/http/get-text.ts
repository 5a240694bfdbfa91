import type { Context } from '../../context.js';
import { inputError, OpError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';

/** Who logs in, with the basic scheme; sent to the host of the URL only, not to one that it redirects to. */
export interface HttpLogin {
  readonly user: string;
  readonly password: string;
}

/** Bytes of the largest document that is read, as for Tekton's own http resolver. */
const largest = 1024 * 1024;
/** Milliseconds for the whole, redirects too; and how many redirects. The limits of Go's http client and of Tekton. */
const patience = 60_000;
const mostRedirects = 10;

/**
 * Reads a document from a server: the status must be 200.
 * @throws OpError (input) for what is no http or https URL, or too large; (tool) for what the server says
 */
export async function getText(
  context: Pick<Context, 'signal'>,
  text: string,
  { login, limit = patience }: { readonly login?: HttpLogin | undefined; readonly limit?: number } = {},
): Promise<string> {
  const first = parse(text, text);
  const time = AbortSignal.timeout(limit);
  const signal = AbortSignal.any([context.signal, time]);
  try {
    let url = first;
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const authorization = url.origin === first.origin ? basic(login) : {};
      const answer = await fetch(url, { redirect: 'manual', signal, headers: { ...authorization } });
      const location = answer.headers.get('location');
      if (answer.status >= 300 && answer.status < 400 && location !== null) {
        await answer.body?.cancel();
        url = redirected(url, location, text);
        continue;
      }
      if (answer.status === 200) return await bodyOf(answer, text);
      await answer.body?.cancel();
      throw failed(text, `the server answered ${answer.status} ${oneLine(answer.statusText, 60)}`.trim());
    }
    throw failed(text, `the server redirects more than ${mostRedirects} times`);
  } catch (error) {
    if (error instanceof OpError) throw error;
    if (context.signal.aborted) throw context.signal.reason;
    if (time.aborted) throw failed(text, `it took longer than ${limit / 1000} s`);
    throw failed(text, reasonOf(error));
  }
}

function parse(text: string, base: string): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  const refuse = (why: string) =>
    inputError({ what: `cannot read ${shown(base)}`, why, hint: 'give a URL such as https://host/path/task.yaml' });
  if (url === undefined) throw refuse('it is no URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse(`${url.protocol}// is not http or https`);
  if (url.username !== '' || url.password !== '')
    throw refuse('it contains a user or a password, which everyone can read who reads the document');
  return url;
}

function redirected(from: URL, location: string, text: string): URL {
  const to = parse(location, from.href);
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw failed(text, `the server redirects to ${to.origin}, which has no encryption`);
  }
  return to;
}

const basic = (login: HttpLogin | undefined): Readonly<Record<string, string>> =>
  login === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` };

async function bodyOf({ body }: Response, text: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // The length that a server announces is not what it sends.
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > largest) {
      const why = `it has more than ${largest} bytes, which is the limit`;
      throw inputError({ what: `cannot read ${shown(text)}`, why, hint: 'give the URL of one Tekton object' });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const failed = (text: string, why: string) =>
  toolError({ what: `cannot read ${shown(text)}`, why, hint: 'check the URL, and that this machine can reach it' });

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { message = '', code = '' } = cause as NodeJS.ErrnoException;
  return message || code || String(error);
}

/** For messages: without a user and a password, on one line. */
const shown = (text: string) => oneLine(text.replace(/^([a-z]*:\/\/)[^/]*@/iu, '$1'), 200);
