import type { Context } from '../../context.js';
import type { RegistryLogin } from '../../systems/registry/dockerconfig/parse.js';
import { isPlainHttp } from '../../systems/registry/plain-http.js';
import type { Finding } from './finding.js';
import { loginFor } from './logins.js';

const patience = 5000;

/** Asks each registry whether it is one. Source: OCI distribution specification, "Determining Support" (`GET /v2/`). */
export async function askRegistries(
  context: Context,
  registries: readonly string[],
  insecure: readonly string[],
  logins: readonly RegistryLogin[],
): Promise<readonly Finding[]> {
  return Promise.all(registries.map((registry) => ask(context, registry, insecure, loginFor(registry, logins))));
}

async function ask(context: Context, registry: string, insecure: readonly string[], login: string): Promise<Finding> {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const plain = isPlainHttp(registry, insecure);
  let problem = '';
  for (const scheme of plain ? ['http', 'https'] : ['https']) {
    const answer = await get(context, `${scheme}://${host}/v2/`);
    if (typeof answer === 'number') return judge(registry, scheme, answer, login);
    problem = problem === '' ? answer : problem;
  }
  const proxy =
    context.env.HTTPS_PROXY || context.env.https_proxy ? ' (asked without the proxy that HTTPS_PROXY names)' : '';
  return {
    area: 'registries',
    name: registry,
    state: 'missing',
    detail: `cannot be reached: ${problem}${proxy}; ${login}`,
    hint: plain
      ? `check that ${registry} runs`
      : `check the name and the network; if it has no TLS, add --insecure-registry=${registry}`,
  };
}

function judge(registry: string, scheme: string, status: number, login: string): Finding {
  const about = { area: 'registries', name: registry } as const;
  const how = scheme === 'http' ? 'answers over plain http' : 'answers';
  if (status === 200) return { ...about, state: 'ok', detail: `${how}; ${login}` };
  if (status !== 401 && status !== 403) {
    const hint = 'check the name: a registry answers /v2/ with 200 or 401';
    return { ...about, state: 'missing', detail: `${how}, but with status ${status}: it is no registry`, hint };
  }
  if (login !== 'no credentials') return { ...about, state: 'ok', detail: `${how} and wants credentials; ${login}` };
  const hint = `log in with: crane auth login ${registry}`;
  return { ...about, state: 'note', detail: `${how} and wants credentials for pushing; ${login}`, hint };
}

/** The status, or why there is none. */
async function get(context: Context, url: string): Promise<number | string> {
  try {
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(patience)]);
    const response = await fetch(url, { signal, redirect: 'manual' });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    context.signal.throwIfAborted();
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${patience / 1000} s`;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nobody listens there',
    ENOTFOUND: 'its name is not known to DNS',
    EAI_AGAIN: 'DNS does not answer',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed (NODE_EXTRA_CA_CERTS can name its authority)',
    SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not trusted (NODE_EXTRA_CA_CERTS can name it)',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not trusted (NODE_EXTRA_CA_CERTS can name it)',
    ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
    ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  };
  return known[code] ?? (cause instanceof Error ? cause.message : error.message);
}
