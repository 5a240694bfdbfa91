import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { findProgram } from '../../kit/process/find-program.js';
import { parseDockerConfig, type RegistryLogin } from '../../systems/registry/dockerconfig/parse.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { isPlainHttp, speaksTls } from '../../systems/registry/protocol.js';
import type { Finding } from './finding.js';

/** The registries that have credentials, and the problems with these. */
export interface Logins {
  readonly logins: readonly RegistryLogin[];
  readonly findings: readonly Finding[];
}

/** Reads the docker config that the tools use: that in `directory`, else in DOCKER_CONFIG, else in `~/.docker`. */
export async function readLogins(context: Context, directory: string | undefined): Promise<Logins> {
  try {
    const logins = directory === undefined ? await readDefault(context) : await readGiven(context, directory);
    return { logins, findings: logins.flatMap((login) => missingHelper(context, login)) };
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

async function readGiven(context: Context, directory: string): Promise<readonly RegistryLogin[]> {
  await using config = await prepareDockerConfig(context, directory);
  return config.hosts;
}

async function readDefault({ env }: Context): Promise<readonly RegistryLogin[]> {
  const path = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
  const content = await readFile(path, 'utf8').catch(() => undefined);
  return content === undefined ? [] : parseDockerConfig(path, content);
}

function missingHelper({ env }: Context, { host, from }: RegistryLogin): readonly Finding[] {
  if (from.kind === 'file') return [];
  const program = `docker-credential-${from.helper}`;
  if (findProgram(program, env.PATH) !== undefined) return [];
  const which = host === '*' ? 'all registries' : host;
  const detail = `the credentials of ${which} are in ${program}, which is not on PATH`;
  const hint = `install ${program}, or remove "${from.helper}" from the docker config and log in again`;
  return [{ area: 'registries', name: program, state: 'missing', detail, hint }];
}

/** Where the credentials for a registry are, for a person. */
function loginFor(registry: string, logins: readonly RegistryLogin[]): string {
  const found = logins.find(({ host }) => hostOf(host) === hostOf(registry)) ?? logins.find(({ host }) => host === '*');
  if (found === undefined) return 'no credentials';
  return found.from.kind === 'file'
    ? 'credentials in the docker config'
    : `credentials in docker-credential-${found.from.helper}`;
}

/** A docker config can contain URLs, and legacy names of Docker Hub. */
function hostOf(text: string): string {
  const host = text.replace(/^https?:\/\//u, '').replace(/\/(?:v[12]\/?)?$/u, '');
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

/** How long a registry may take to answer, in milliseconds. */
const timeout = 5000;

/** Checks that each registry answers. Source: OCI distribution specification, "Determining Support" (`GET /v2/`). */
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
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const plain = isPlainHttp(registry, insecure);
  // As the tools: TLS where the registry speaks it, plain HTTP only where that is allowed.
  const scheme = plain && !(await speaksTls(context, registry)) ? 'http' : 'https';
  const answer = await get(context, `${scheme}://${host}/v2/`);
  if (typeof answer === 'number') return judge(registry, scheme, answer, login);
  const proxy =
    context.env.HTTPS_PROXY || context.env.https_proxy ? ' (op doctor does not use the proxy in HTTPS_PROXY)' : '';
  return {
    area: 'registries',
    name: registry,
    state: 'missing',
    detail: `not reachable: ${answer}${proxy}; ${login}`,
    hint:
      scheme === 'http'
        ? `check that ${registry} is running`
        : `check the name and the network; if it has no TLS, add --insecure-registry=${registry}`,
  };
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

/** The status, or why there was no response. */
async function get(context: Context, url: string): Promise<number | string> {
  try {
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeout)]);
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
  return known[code] ?? (cause instanceof Error ? cause.message : error.message);
}
