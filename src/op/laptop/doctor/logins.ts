import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { findProgram } from '../../kit/process/find-program.js';
import { parseDockerConfig, type RegistryLogin } from '../../systems/registry/dockerconfig/parse.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import type { Finding } from './finding.js';

/** The registries that there are credentials for, and what is wrong with these. */
export interface Logins {
  readonly logins: readonly RegistryLogin[];
  readonly findings: readonly Finding[];
}

/** Reads the docker config that the tools would use: of `directory`, else DOCKER_CONFIG, else `~/.docker`. */
export async function readLogins(context: Context, directory: string | undefined): Promise<Logins> {
  try {
    const logins = directory === undefined ? await readUsual(context) : await readGiven(context, directory);
    return { logins, findings: logins.flatMap((login) => withoutHelper(context, login)) };
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
  const { hosts, dispose } = await prepareDockerConfig(context, directory);
  await dispose();
  return hosts;
}

async function readUsual({ env }: Context): Promise<readonly RegistryLogin[]> {
  const path = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
  const content = await readFile(path, 'utf8').catch(() => undefined);
  return content === undefined ? [] : parseDockerConfig(path, content);
}

function withoutHelper({ env }: Context, { host, from }: RegistryLogin): readonly Finding[] {
  if (from.kind === 'file') return [];
  const program = `docker-credential-${from.helper}`;
  if (findProgram(program, env.PATH) !== undefined) return [];
  const which = host === '*' ? 'all registries' : host;
  const detail = `the credentials of ${which} are with ${program}, which is not on PATH`;
  const hint = `install ${program}, or take "${from.helper}" out of the docker config and log in again`;
  return [{ area: 'registries', name: program, state: 'missing', detail, hint }];
}

/** Where the credentials for a registry are, in words. */
export function loginFor(registry: string, logins: readonly RegistryLogin[]): string {
  const found = logins.find(({ host }) => hostOf(host) === hostOf(registry)) ?? logins.find(({ host }) => host === '*');
  if (found === undefined) return 'no credentials';
  return found.from.kind === 'file'
    ? 'credentials in the docker config'
    : `credentials with docker-credential-${found.from.helper}`;
}

/** Docker config writes hosts as URLs too, and Docker Hub under an old name. */
function hostOf(text: string): string {
  const host = text.replace(/^https?:\/\//u, '').replace(/\/(?:v[12]\/?)?$/u, '');
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}
