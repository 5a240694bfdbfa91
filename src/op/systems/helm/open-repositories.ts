import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { agent, locationOf, mayHaveLogins } from '../registry/client/api.js';
import { contentFailure } from '../registry/client/blobs.js';
import { type Answer, drop, readBody } from '../registry/client/exchange.js';
import { RegistryFailure } from '../registry/client/failure.js';
import { openServers, refusal, type Servers } from '../registry/client/host.js';
import type { RegistrySettings } from '../registry/client/registries.js';
import { retryTransfer } from '../registry/copy/retry-transfer.js';
import { credentialFor } from '../registry/crane.js';
import { checkHelpers } from '../registry/missing-helper.js';
import { lacksTls, leadsInside } from './may-follow.js';

/** What a repository has is not what it says: only its owner can help. */
export class WrongChart extends RegistryFailure {}

/** How the hosts of repositories are reached. */
export interface HelmAccess {
  /** Those of a host, `HOST[:PORT]`. */
  readonly settingsOf: (host: string) => Promise<RegistrySettings>;
  /** Whether the user has named a host: then it may be an address of a private network. */
  readonly isNamed: (host: string) => boolean;
}

/** A file of a repository. */
export interface Asked {
  /** The address of the repository: its origin gets its credentials, no other does. */
  readonly repository: URL;
  /** Absolute. */
  readonly url: URL;
  /** Most bytes. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** A file with what names this state of it. */
interface Tagged {
  readonly content: Buffer;
  /** Undefined if the server does not say. Source: RFC 9110, "ETag". */
  readonly etag: string | undefined;
}

/** Files of HTTP Helm repositories. */
export interface HelmFiles extends AsyncDisposable {
  /** The same as `read`; `unchanged` if the file is still in the state that `etag` names. @throws RegistryFailure */
  readonly readNewer: (asked: Asked, etag: string | undefined) => Promise<Tagged | 'unchanged' | undefined>;
  /** The whole file; undefined if it is not there. @throws RegistryFailure */
  readonly read: (asked: Asked) => Promise<Buffer | undefined>;
  /**
   * Writes a file that must have this digest.
   * @returns its size; undefined if it is not there @throws RegistryFailure
   */
  readonly download: (asked: Asked, digest: string, path: string) => Promise<number | undefined>;
}

const mostRedirects = 10;

/** Opens each host when it is first needed. */
export function openHelmFiles(context: Context, { settingsOf, isNamed }: HelmAccess): HelmFiles {
  const opened = new Map<string, Promise<Host>>();
  const hostOf = (url: URL): Promise<Host> => {
    const host = opened.get(url.host) ?? settingsOf(url.host).then((settings) => openHost(context, url.host, settings));
    opened.set(url.host, host);
    return host;
  };
  const ask = async ({ repository, url: first, signal }: Asked, etag?: string): Promise<Answer> => {
    const condition = etag === undefined ? {} : { 'if-none-match': etag };
    let url = first;
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      checkAddress(repository, url, isNamed);
      const host = await hostOf(url);
      checkEncryption(repository, url, host.settings, isNamed(url.host));
      const own = url.origin === repository.origin ? await host.login() : {};
      if ('authorization' in own) host.servers.checkSecret(url);
      const answer = await host.servers.ask({
        method: 'GET',
        url,
        headers: { ...agent, ...condition, ...own },
        signal,
      });
      const { location } = answer.headers;
      if (answer.status < 301 || answer.status > 308 || location === undefined) return answer;
      drop(answer);
      url = locationOf(url, location);
    }
    throw new RegistryFailure(
      `cannot read from ${first.host}`,
      `it redirects more than ${mostRedirects} times`,
      'other',
      first.host,
    );
  };
  const again = async <Value>(asked: Asked, attempt: () => Promise<Value>): Promise<Value> => {
    checkAddress(asked.repository, asked.url, isNamed);
    const { settings } = await hostOf(asked.url);
    return retryTransfer({ log: context.log, signal: asked.signal }, settings.patience.pauses, attempt);
  };
  const readNewer: HelmFiles['readNewer'] = async (asked, etag) => {
    const take = async (answer: Answer) => {
      if (answer.status === 304 && etag !== undefined) {
        drop(answer);
        return 'unchanged';
      }
      if (answer.status !== 200) return absent(answer, asked);
      return { content: await readBody(answer, asked.limit), etag: answer.headers.etag };
    };
    return take(await ask(asked, etag)).catch((error: unknown) => {
      asked.signal.throwIfAborted();
      if (!(error instanceof RegistryFailure) || error.problem !== 'busy') throw error;
      return again(asked, async () => take(await ask(asked, etag)));
    });
  };
  return {
    readNewer,
    read: async (asked) => {
      const found = await readNewer(asked, undefined);
      return typeof found === 'object' ? found.content : undefined;
    },
    download: (asked, digest, path) =>
      again(asked, async () => {
        const answer = await ask(asked);
        return answer.status === 200 ? save(answer, asked, digest, path) : absent(answer, asked);
      }),
    [Symbol.asyncDispose]: async () => {
      for (const host of await Promise.allSettled(opened.values())) {
        if (host.status === 'fulfilled') host.value.servers[Symbol.dispose]();
      }
    },
  };
}

interface Host {
  readonly settings: RegistrySettings;
  readonly servers: Servers;
  readonly login: () => Promise<Readonly<Record<string, string>>>;
}

function openHost(context: Context, host: string, settings: RegistrySettings): Host {
  const { ca, env, insecure, logins, patience } = settings;
  let login: Promise<Readonly<Record<string, string>>> | undefined;
  const find = async () => {
    if (!mayHaveLogins({ ...context.env, ...env })) return {};
    checkHelpers(context, logins, [{ registry: host, path: '' }]);
    const found = await credentialFor(context, { env, insecure }, host);
    // An identity token is for registries only.
    if (found === undefined || !('user' in found)) return {};
    return { authorization: `Basic ${Buffer.from(`${found.user}:${found.pass}`).toString('base64')}` };
  };
  return {
    settings,
    servers: openServers(context, { ca, unchecked: insecure.includes(host) }, patience),
    login: () => {
      login ??= find();
      return login;
    },
  };
}

async function absent(answer: Answer, { url }: Asked): Promise<undefined> {
  if (answer.status !== 404 && answer.status !== 410) throw await refusal(answer, `cannot read ${shown(url)}`);
  drop(answer);
  return undefined;
}

async function save(answer: Answer, { url, limit, signal }: Asked, digest: string, path: string): Promise<number> {
  const what = `cannot read ${shown(url)}`;
  const hash = createHash('sha256');
  let size = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      done(size > limit ? new WrongChart(what, `it has more than ${limit} bytes`, 'other', url.host) : null, chunk);
    },
  });
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await pipeline(answer.body, count, createWriteStream(partial));
    const found = `sha256:${hash.digest('hex')}`;
    if (found !== digest) {
      const why = `its SHA-256 is ${found.slice(7)}, and index.yaml of the repository has ${digest.slice(7)}`;
      throw new WrongChart(what, why, 'other', url.host);
    }
    await rename(partial, path);
    return size;
  } catch (error) {
    await rm(partial, { force: true });
    signal.throwIfAborted();
    throw contentFailure(what, error, url.host);
  }
}

/** Without a query, which may hold a secret. */
export const shown = ({ origin, pathname }: URL): string => `${origin}${pathname}`;

/** An index and a redirect may name any address. @throws WrongChart for what only a user may name */
function checkAddress(repository: URL, url: URL, isNamed: (host: string) => boolean): void {
  if (!leadsInside({ repository, url, isNamed: isNamed(url.host) })) return;
  throw new WrongChart(
    `cannot read ${shown(url)}`,
    `${repository.host} leads to an address of this machine or of a private network: name ${url.host} in registries if that is right`,
    'other',
    repository.host,
  );
}

/** @throws OpError (input) for a repository without TLS that nobody has allowed, WrongChart for another address */
function checkEncryption(repository: URL, url: URL, { insecure }: RegistrySettings, isNamed: boolean): void {
  if (!lacksTls({ repository, url, isNamed }, insecure)) return;
  const why = `${url.host} would be asked without TLS: anybody on the way could change what it answers`;
  // Where a repository with TLS leads is not what the user wrote, at the same host neither.
  if (url.host !== repository.host || repository.protocol === 'https:') {
    throw new WrongChart(
      `cannot read ${shown(url)}`,
      `${why}; allow it with insecure: true for ${url.host} in registries`,
      'other',
      url.host,
    );
  }
  throw inputError({
    what: `cannot read the Helm repository ${shown(repository)}`,
    why,
    hint: `write https://, or allow it with insecure: true for ${url.host} in registries of the mirror file`,
  });
}
