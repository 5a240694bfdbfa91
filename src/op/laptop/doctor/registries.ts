import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { askSupport } from '../../systems/registry/client/support.js';
import type { RegistryLogin } from '../../systems/registry/dockerconfig/parse.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { hostOf, missingHelper } from '../../systems/registry/missing-helper.js';
import { isPlainHttp } from '../../systems/registry/protocol.js';
import type { Finding } from './finding.js';

/** The registries that have credentials, and the problems with these. */
export interface Logins {
  readonly logins: readonly RegistryLogin[];
  readonly findings: readonly Finding[];
}

/** Reads the docker config that the tools use: that in `directory`, else in DOCKER_CONFIG, else in `~/.docker`. */
export async function readLogins(context: Context, directory: string | undefined): Promise<Logins> {
  try {
    await using config = await prepareDockerConfig(context, directory);
    const { logins } = config;
    return { logins, findings: logins.flatMap((login) => helperFinding(context, login)) };
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    const { message, why, hint } = error;
    const finding: Finding = {
      area: 'registries',
      name: 'docker config',
      state: 'missing',
      detail: `${message}: ${why}`,
      hint,
    };
    return { logins: [], findings: [finding] };
  }
}

function helperFinding(context: Context, login: RegistryLogin): readonly Finding[] {
  const { program: name, detail, hint } = missingHelper(context, login) ?? {};
  if (name === undefined || detail === undefined) return [];
  return [{ area: 'registries', name, state: 'missing', detail, ...(hint === undefined ? {} : { hint }) }];
}

/** Where the credentials for a registry are, for a person. */
function loginFor(registry: string, logins: readonly RegistryLogin[]): string {
  const found = logins.find(({ host }) => hostOf(host) === hostOf(registry)) ?? logins.find(({ host }) => host === '*');
  if (found === undefined) return 'no credentials';
  return found.from.kind === 'file'
    ? 'credentials in the docker config'
    : `credentials in docker-credential-${found.from.helper}`;
}

/** How long a registry may take to answer, in milliseconds. */
const timeout = 5000;

/** Checks that each registry answers. */
export async function checkRegistries(
  context: Context,
  registries: readonly string[],
  insecure: readonly string[],
  logins: readonly RegistryLogin[],
): Promise<readonly Finding[]> {
  return Promise.all(
    registries.map((registry) => checkRegistry(context, registry, insecure, loginFor(registry, logins))),
  );
}

async function checkRegistry(
  context: Context,
  registry: string,
  insecure: readonly string[],
  login: string,
): Promise<Finding> {
  try {
    const { scheme, status } = await askSupport(context, registry, { insecure, timeout });
    return judge(registry, scheme, status, login);
  } catch (error) {
    context.signal.throwIfAborted();
    const isProxy = error instanceof RegistryFailure && error.problem === 'proxy';
    return {
      area: 'registries',
      name: registry,
      state: 'missing',
      detail: `not reachable: ${reasonOf(error)}; ${login}`,
      hint: isProxy
        ? error.hint
        : isPlainHttp(registry, insecure)
          ? `check that ${registry} is running`
          : `check the name and the network; if it has no TLS, add --insecure-registry=${registry}`,
    };
  }
}

function judge(registry: string, scheme: string, status: number, login: string): Finding {
  const about = { area: 'registries', name: registry } as const;
  const how = scheme === 'http' ? 'answers over plain http' : 'answers';
  if (status === 200) return { ...about, state: 'ok', detail: `${how}; ${login}` };
  if (status !== 401 && status !== 403) {
    const hint = 'check the name: a registry answers /v2/ with 200 or 401';
    return { ...about, state: 'missing', detail: `${how}, but with status ${status}: it is not a registry`, hint };
  }
  if (login !== 'no credentials') return { ...about, state: 'ok', detail: `${how} and requires credentials; ${login}` };
  const hint = `log in with: crane auth login ${registry}`;
  return { ...about, state: 'note', detail: `${how} and requires credentials for pushing; ${login}`, hint };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeout / 1000} s`;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connection refused',
    ENOTFOUND: 'its name was not found in DNS',
    EAI_AGAIN: 'DNS does not answer',
    DEPTH_ZERO_SELF_SIGNED_CERT:
      'its certificate is self-signed (set NODE_EXTRA_CA_CERTS to the certificate of its authority)',
    SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not trusted (set NODE_EXTRA_CA_CERTS to its certificate)',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not trusted (set NODE_EXTRA_CA_CERTS to its certificate)',
    ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
    ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  };
  return known[code] ?? (error instanceof OpError ? error.why : error.message);
}
