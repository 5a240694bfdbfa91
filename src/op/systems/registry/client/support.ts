import type { Context } from '../../../context.js';
import { spokenBy } from '../probe.js';
import { isPlainHttp } from '../protocol.js';
import { apiHosts } from './api.js';
import { drop } from './exchange.js';
import { openServers } from './host.js';

/** What a registry answers to whoever does not say who it is. */
export interface Support {
  readonly scheme: 'http' | 'https';
  readonly status: number;
  /** `WWW-Authenticate` */
  readonly challenge: string | undefined;
}

/** How it is asked. */
export interface SupportParts {
  /** Registries without TLS. */
  readonly insecure: readonly string[];
  /** Certificates are not checked: nothing depends on the answer that matters. */
  readonly unchecked?: boolean;
  /** Milliseconds for the whole. */
  readonly timeout?: number;
}

/**
 * Asks a registry for its API, once, without credentials, by way of the proxies of the environment: with TLS, and without only one that
 * may be without and answers so. Source: OCI distribution specification, "Determining Support" (`GET /v2/`).
 * @throws RegistryFailure, or the reason of the signal, which is a TimeoutError when the time is up
 */
export async function askSupport(
  context: Context,
  registry: string,
  { insecure, unchecked = insecure.includes(registry), timeout = 5000 }: SupportParts,
): Promise<Support> {
  const host = apiHosts[registry] ?? registry;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeout)]);
  const mayBePlain = isPlainHttp(host, insecure);
  const isPlain = mayBePlain && (await spokenBy({ ...context, signal }, host)).speaks === 'plain';
  const scheme = isPlain ? 'http' : 'https';
  using servers = openServers(context, { unchecked }, { pauses: [], idle: timeout });
  const answer = await servers.askOnce({ method: 'GET', url: new URL(`${scheme}://${host}/v2/`), signal });
  drop(answer);
  return { scheme, status: answer.status, challenge: answer.headers['www-authenticate'] };
}

/**
 * Whether a registry checks user and password itself (`WWW-Authenticate: Basic`), so that it can only refuse because of them. With a
 * token service, a refusal may also mean that the repository does not exist yet.
 */
export async function asksForPassword(
  context: Context,
  registry: string,
  insecure: readonly string[],
): Promise<boolean> {
  try {
    const { status, challenge } = await askSupport(context, registry, { insecure, unchecked: true });
    return status === 401 && /^basic\b/iu.test(challenge ?? '');
  } catch {
    context.signal.throwIfAborted();
    return false;
  }
}
