import * as v from 'valibot';
import { parseJson } from '../../../kit/json/parse-json.js';
import type { Credential } from '../own-credential.js';
import { isPlainHttp } from '../protocol.js';
import { type Challenge, parseChallenge } from './challenge.js';
import { type Answer, readBody } from './exchange.js';
import { RegistryFailure } from './failure.js';
import { refusal, type Servers } from './host.js';

/** What a request is for: repositories and actions, such as `repository:team/app:pull`. */
export type Scope = readonly string[];

/** The credentials of one registry, and the tokens that it gave for them. They are sent to its own origin, and to its token service. */
export interface Authorization {
  /** The header for a request, as far as it is known; a token for each scope, because a token for many grows too large for some registries. */
  readonly header: (scope: Scope, signal: AbortSignal) => Promise<Readonly<Record<string, string>>>;
  /** Learns from a 401; false if nothing new can be tried. `sent` is the header that was refused. */
  readonly learn: (answer: Answer, sent: Readonly<Record<string, string>>) => boolean;
  /** Whether a refusal may also mean that a repository does not exist. */
  readonly isTokenService: () => boolean;
}

interface Token {
  readonly value: string;
  readonly until: number;
}

const tokenForm = v.looseObject({
  token: v.optional(v.string()),
  access_token: v.optional(v.string()),
  expires_in: v.optional(v.number()),
});

/** @param registry for messages @param origin of the registry's API */
export function authorize(
  servers: Servers,
  { registry, origin }: { readonly registry: string; readonly origin: URL },
  credential: Credential | undefined,
): Authorization {
  let challenge: Challenge | undefined;
  const tokens = new Map<string, Promise<Token>>();
  /** Headers with tokens that the registry did not accept. */
  const refused = new Set<string>();

  const tokenFor = (bearer: Challenge & { scheme: 'bearer' }, scope: Scope, signal: AbortSignal): Promise<Token> => {
    const key = scope.join(' ');
    const fetched = fetchToken(servers, { registry, origin }, bearer, credential, scope, signal);
    tokens.set(key, fetched);
    fetched.catch(() => tokens.delete(key));
    return fetched;
  };
  return {
    header: async (scope, signal) => {
      if (challenge?.scheme === 'basic') {
        return credential !== undefined && 'user' in credential ? { authorization: basic(credential) } : {};
      }
      if (challenge === undefined) return {};
      // The request that fetches it may have been given up.
      const known = await tokens.get(scope.join(' '))?.catch(() => undefined);
      const isValid = known !== undefined && known.until > Date.now() && !refused.has(`Bearer ${known.value}`);
      const { value } = isValid ? known : await tokenFor(challenge, scope, signal);
      return { authorization: `Bearer ${value}` };
    },
    learn: ({ headers }, sent) => {
      const found = parseChallenge(headers['www-authenticate']);
      if (found === undefined) return false;
      const { authorization } = sent;
      const isOther = challenge !== undefined && found.scheme !== challenge.scheme;
      challenge = found;
      if (found.scheme === 'basic') {
        return (authorization === undefined || isOther) && credential !== undefined && 'user' in credential;
      }
      // A token may have been withdrawn before its time.
      if (authorization !== undefined) refused.add(authorization);
      return authorization === undefined || isOther || authorization.startsWith('Bearer ');
    },
    isTokenService: () => challenge?.scheme === 'bearer',
  };
}

const basic = ({ user, pass }: { readonly user: string; readonly pass: string }) =>
  `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}`;

/** Source: distribution's "Token Authentication Specification" and its OAuth2 form for identity tokens. */
async function fetchToken(
  servers: Servers,
  { registry, origin }: { readonly registry: string; readonly origin: URL },
  { realm, service }: Challenge & { scheme: 'bearer' },
  credential: Credential | undefined,
  scope: Scope,
  signal: AbortSignal,
): Promise<Token> {
  const url = realmOf(realm, registry, origin);
  const fields: [string, string][] = scope.map((one) => ['scope', one]);
  if (service !== undefined) fields.unshift(['service', service]);
  if (credential !== undefined) servers.checkSecret(url);
  const asked = Date.now();
  const answer = await (credential !== undefined && 'token' in credential
    ? servers.ask({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from(oauthForm(fields, credential.token)),
        signal,
      })
    : servers.ask({
        method: 'GET',
        url: withQuery(url, fields),
        headers: credential === undefined ? {} : { authorization: basic(credential) },
        signal,
      }));
  const what = `cannot get a token for ${registry}`;
  if (answer.status !== 200) throw await refusal(answer, what);
  const read = parseJson(tokenForm, (await readBody(answer, 1024 * 1024)).toString('utf8'));
  const value = read?.token || read?.access_token || '';
  // It becomes a header.
  if (!/^[\x21-\x7e]+$/u.test(value)) {
    throw new RegistryFailure(what, `${url.host} answered without a token`, 'other', registry);
  }
  // Source: the specification's default, and its advice not to use a token until its last second.
  const seconds = Math.max(60, read?.expires_in ?? 60) - 10;
  return { value, until: asked + seconds * 1000 };
}

const oauthForm = (fields: readonly [string, string][], token: string): string => {
  const scopes = fields.filter(([key]) => key === 'scope').map(([, value]) => value);
  const others = fields.filter(([key]) => key !== 'scope');
  const form: [string, string][] = [
    ['grant_type', 'refresh_token'],
    ...others,
    ['client_id', 'octopipeline'],
    ['scope', scopes.join(' ')],
    ['refresh_token', token],
  ];
  return new URLSearchParams(form).toString();
};

function withQuery(url: URL, fields: readonly [string, string][]): URL {
  const asked = new URL(url);
  for (const [key, value] of fields) asked.searchParams.append(key, value);
  return asked;
}

/** Where tokens come from. Passwords are sent there: not in plain text to another machine than the registry's own. */
function realmOf(realm: string, registry: string, origin: URL): URL {
  const refuse = (why: string) =>
    new RegistryFailure(`cannot log in to ${registry}`, `its token service ${realm} ${why}`, 'other', registry);
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || !/^https?:$/u.test(url.protocol)) throw refuse('is not an http or https URL');
  if (url.username !== '' || url.password !== '') throw refuse('is a URL with a user');
  if (url.protocol === 'https:') return url;
  if (origin.protocol === 'https:') throw refuse('has no encryption, and the registry has');
  if (url.hostname !== origin.hostname && !isPlainHttp(url.host, [])) throw refuse('has no encryption');
  return url;
}
