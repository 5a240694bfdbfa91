import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Context } from '../../../context.js';
import { sleep } from '../../../kit/process/sleep.js';
import { credentialFor, type RegistryAccess } from '../crane.js';
import type { Credential } from '../own-credential.js';
import { spokenBy } from '../probe.js';
import { isPlainHttp } from '../protocol.js';
import type { Trust } from './authorities.js';
import { type Authorization, authorize, type Scope } from './authorize.js';
import { type Answer, drop, type Request, readBody } from './exchange.js';
import { RegistryFailure } from './failure.js';
import { openServers, type Patience, type Servers } from './host.js';
import { createPullGuard, type PullGuard, type PullLimits } from './pull-guard.js';

/** How to reach one registry. */
export interface ApiAccess extends Omit<RegistryAccess, 'pauses'>, Pick<Trust, 'ca'> {
  /** The credential to use, instead of that of the registry. */
  readonly credential?: Credential | undefined;
  readonly patience: Patience;
  /** It did not answer before, with all attempts: it is asked once whether it does now. */
  readonly wasLost?: boolean;
  /** Undefined: as the registry allows. */
  readonly rate?: PullLimits | undefined;
}

/** A request to the API of a registry. */
export interface Call {
  readonly method: Request['method'];
  /** Below the registry's address, or a whole URL, as registries give them. */
  readonly target: string | URL;
  readonly scope: Scope;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** A redirect to another server is the answer. */
  readonly staysHere?: boolean;
  readonly signal: AbortSignal;
}

/** A request with content that is sent once. */
export interface Upload extends Omit<Call, 'body'> {
  readonly body: Readable;
  /** Milliseconds without a byte, after which it is given up. */
  readonly idle: number;
}

/** The HTTP API of one registry: connection, credentials, redirects and patience. */
export interface Api extends Disposable {
  readonly registry: string;
  readonly origin: URL;
  /** Whatever the registry answers but that it is busy. Redirects are followed for what only reads. @throws RegistryFailure */
  readonly call: (call: Call) => Promise<Answer>;
  /** The same with the whole body of a 200, asked for again when it breaks off; for others it must be read. @throws RegistryFailure */
  readonly read: (call: Call, limit: number) => Promise<Answer & { readonly content: Buffer | undefined }>;
  /** Sends content once. @throws RegistryFailure, or what the stream failed with */
  readonly upload: (upload: Upload) => Promise<Answer>;
  /** Whether a refusal may also mean that a repository does not exist. */
  readonly isTokenService: () => boolean;
  /** What its answers have shown so far. */
  readonly shown: {
    /** It finds manifests by HEAD: one that it does not find so is not there. */
    findsByHead: boolean;
  };
}

/** Docker Hub's API is not at its name. */
export const apiHosts: Readonly<Record<string, string>> = {
  'docker.io': 'registry-1.docker.io',
  'index.docker.io': 'registry-1.docker.io',
};
const mostRedirects = 5;

/**
 * Opens the API of a registry; credentials are those that crane finds. One that may be without TLS must answer first.
 * @param registry `HOST[:PORT]` @throws RegistryFailure (unreachable) when it does not
 */
export async function openApi(context: Context, registry: string, access: ApiAccess): Promise<Api> {
  const host = apiHosts[registry] ?? registry;
  const insecure = access.insecure.includes(registry);
  const [plain, credential] = await Promise.all([
    isPlainHttp(host, access.insecure) ? isPlain(context, host, access.wasLost ? [] : access.patience.pauses) : false,
    access.credential ??
      (mayHaveLogins({ ...context.env, ...access.env }) ? credentialFor(context, access, registry) : undefined),
  ]);
  const origin = new URL(`${plain ? 'http' : 'https'}://${host}`);
  const servers = openServers(context, { ca: access.ca, unchecked: insecure }, access.patience);
  const authorization = authorize(servers, { registry, origin }, credential);
  const send: Api['call'] = (call) => follow(servers, authorization, origin, call);
  const call = access.rate === undefined ? send : guarded(send, createPullGuard(context, registry, access.rate));
  return {
    registry,
    origin,
    call,
    read: async (asked, limit) => {
      for (let attempt = 0; ; attempt++) {
        const answer = await call(asked);
        if (answer.status !== 200) return { ...answer, content: undefined };
        try {
          return { ...answer, content: await readBody(answer, limit) };
        } catch (error) {
          const pause = access.patience.pauses[attempt];
          asked.signal.throwIfAborted();
          if (!(error instanceof RegistryFailure) || error.problem !== 'busy' || pause === undefined) throw error;
          await sleep(asked, pause);
        }
      }
    },
    upload: async ({ target, scope, headers, signal, idle, method, body }) => {
      const url = targetUrl(origin, target);
      const own = url.origin === origin.origin ? await authorization.header(scope, signal) : {};
      if ('authorization' in own) servers.checkSecret(url);
      return servers.askOnce({ method, url, headers: { ...agent, ...headers, ...own }, body, signal }, idle);
    },
    isTokenService: authorization.isTokenService,
    shown: { findsByHead: false },
    [Symbol.dispose]: servers[Symbol.dispose],
  };
}

/** What a registry speaks is asked until it answers: without an answer nothing is sent to it, least of all a password in clear. */
async function isPlain(context: Context, host: string, pauses: readonly number[]): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    const spoken = await spokenBy(context, host);
    context.signal.throwIfAborted();
    if (spoken.speaks !== 'nothing') return spoken.speaks === 'plain';
    const pause = pauses[attempt];
    if (pause === undefined) throw new RegistryFailure(`cannot reach ${host}`, spoken.why, 'unreachable', host);
    context.log.debug(`${host} does not answer: ${spoken.why}`);
    await sleep(context, pause);
  }
}

/**
 * Whether there is a file that crane would read logins from: without one, there is no need to start it. Source: go-containerregistry,
 * authn/keychain.go.
 */
export function mayHaveLogins(env: Context['env']): boolean {
  const { HOME: home, DOCKER_CONFIG: config, REGISTRY_AUTH_FILE: authFile, XDG_RUNTIME_DIR: runtime } = env;
  if (!home) return true;
  const podman = join('containers', 'auth.json');
  const files = [
    join(home, '.docker', 'config.json'),
    config && join(config, 'config.json'),
    authFile,
    runtime && join(runtime, podman),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), podman),
  ];
  return files.some((file) => file !== undefined && file !== '' && existsSync(file));
}

/** Passes on what reads no manifest, and what does as far as the limits allow it. */
const guarded =
  (send: Api['call'], guard: PullGuard): Api['call'] =>
  async (call) => {
    const { pathname } = new URL(call.target, 'http://registry');
    if (!pathname.includes('/manifests/')) return send(call);
    if (call.method === 'GET')
      return guard.pull(
        () => send(call),
        () => asked(send, call),
        call.signal,
      );
    const answer = await send(call);
    guard.learn(answer);
    return answer;
  };

/** A request that no registry counts as a pull. */
async function asked(send: Api['call'], call: Call): Promise<Answer> {
  const answer = await send({ ...call, method: 'HEAD' });
  drop(answer);
  return answer;
}

/** Of every request. */
export const agent = { 'user-agent': 'octopipeline' } as const;

/** Only the registry's own origin gets its credentials: what it redirects to, such as object storage, does not. */
async function follow(servers: Servers, authorization: Authorization, origin: URL, call: Call): Promise<Answer> {
  const { method, headers, body, signal, scope } = call;
  let url = targetUrl(origin, call.target);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const isOwn = url.origin === origin.origin;
    const send = async () => {
      const own = isOwn ? await authorization.header(scope, signal) : {};
      if ('authorization' in own) servers.checkSecret(url);
      const request = { method, url, headers: { ...agent, ...headers, ...own }, signal };
      return { own, answer: await servers.ask(body === undefined ? request : { ...request, body }) };
    };
    let { own, answer } = await send();
    // Twice: a token may have ended, and the server may want another scheme.
    for (let again = 0; again < 2 && answer.status === 401 && isOwn && authorization.learn(answer, own); again++) {
      drop(answer);
      ({ own, answer } = await send());
    }
    const { location } = answer.headers;
    const reads = method === 'GET' || method === 'HEAD';
    if (!reads || answer.status < 301 || answer.status > 308 || location === undefined) return answer;
    if (call.staysHere && URL.canParse(location, url.href) && new URL(location, url).origin !== origin.origin)
      return answer;
    drop(answer);
    url = locationOf(url, location);
  }
  throw new RegistryFailure(
    `cannot read from ${origin.host}`,
    `it redirects more than ${mostRedirects} times`,
    'other',
    origin.host,
  );
}

const targetUrl = (origin: URL, target: string | URL): URL =>
  typeof target === 'string' ? new URL(target, origin) : target;

/** The address that a server gives; never one without encryption instead of one with. @throws RegistryFailure */
export function locationOf(from: URL, location: string): URL {
  const refuse = (why: string) =>
    new RegistryFailure(
      `cannot follow ${from.host}`,
      `it gives the address ${location.split('?')[0]}, which ${why}`,
      'other',
      from.host,
    );
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (url === undefined || !/^https?:$/u.test(url.protocol)) throw refuse('is not an http or https URL');
  if (url.username !== '' || url.password !== '') throw refuse('contains a user');
  if (from.protocol === 'https:' && url.protocol === 'http:') throw refuse('has no encryption');
  return url;
}
