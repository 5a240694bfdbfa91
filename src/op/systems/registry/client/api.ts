import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Context } from '../../../context.js';
import { sleep } from '../../../kit/process/sleep.js';
import { credentialFor, type RegistryAccess } from '../crane.js';
import { isPlainHttp, speaksTls } from '../protocol.js';
import type { Trust } from './authorities.js';
import { type Authorization, authorize, type Scope } from './authorize.js';
import { type Answer, drop, type Request, readBody } from './exchange.js';
import { RegistryFailure } from './failure.js';
import { openServers, type Patience, type Servers } from './host.js';

/** How to reach one registry. */
export interface ApiAccess extends Omit<RegistryAccess, 'pauses'>, Pick<Trust, 'ca'> {
  readonly patience: Patience;
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
}

/** Docker Hub's API is not at its name. */
const apiHosts: Readonly<Record<string, string>> = {
  'docker.io': 'registry-1.docker.io',
  'index.docker.io': 'registry-1.docker.io',
};
const mostRedirects = 5;

/** Opens the API of a registry; credentials are those that crane finds. @param registry `HOST[:PORT]` */
export async function openApi(context: Context, registry: string, access: ApiAccess): Promise<Api> {
  const host = apiHosts[registry] ?? registry;
  const insecure = access.insecure.includes(registry);
  const [plain, credential] = await Promise.all([
    isPlainHttp(host, access.insecure) ? speaksTls(context, host).then((tls) => !tls) : false,
    mayHaveLogins({ ...context.env, ...access.env }) ? credentialFor(context, access, registry) : undefined,
  ]);
  const origin = new URL(`${plain ? 'http' : 'https'}://${host}`);
  const servers = openServers(context, { ca: access.ca, unchecked: insecure }, access.patience);
  const authorization = authorize(servers, { registry, origin }, credential);
  const call: Api['call'] = (call) => follow(servers, authorization, origin, call);
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
      return servers.askOnce({ method, url, headers: { ...agent, ...headers, ...own }, body, signal }, idle);
    },
    isTokenService: authorization.isTokenService,
    [Symbol.dispose]: servers[Symbol.dispose],
  };
}

/**
 * Whether there is a file that crane would read logins from: without one, there is no need to start it. Source: go-containerregistry,
 * authn/keychain.go.
 */
function mayHaveLogins(env: Context['env']): boolean {
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

const agent = { 'user-agent': 'octopipeline' } as const;

/** Only the registry's own origin gets its credentials: what it redirects to, such as object storage, does not. */
async function follow(servers: Servers, authorization: Authorization, origin: URL, call: Call): Promise<Answer> {
  const { method, headers, body, signal, scope } = call;
  let url = targetUrl(origin, call.target);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const isOwn = url.origin === origin.origin;
    const send = async () => {
      const own = isOwn ? await authorization.header(scope, signal) : {};
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
