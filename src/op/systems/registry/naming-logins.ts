import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { namesShown } from '../../kit/files/names-shown.js';
import { usualConfig } from './dockerconfig/config-file.js';
import { parseDockerConfig, type RegistryLogin } from './dockerconfig/parse.js';
import { readGivenConfig } from './dockerconfig/prepare.js';
import { hostOf } from './missing-helper.js';
import { refusedBy } from './problem.js';

/**
 * The error of a registry that refuses, with the hosts for which there are credentials: often the name in the Secret is another one. Other
 * errors, and those where there is no docker config, stay as they are.
 * @param directory the docker config that was given, or undefined; relative to the working directory of `context`
 */
export async function namingLogins(context: Context, error: unknown, directory: string | undefined): Promise<unknown> {
  if (!(error instanceof OpError)) return error;
  const registry = refusedBy(error.hint);
  if (registry === undefined) return error;
  const found = await readLogins(context, directory).catch(() => undefined);
  if (found === undefined) return error;
  const { kind, message: what, why, hint, cause } = error;
  const sentence = `${found.source} ${describeLogins(found.logins, registry)}`;
  return new OpError(kind, { what, why: `${why}\n${sentence}`, hint, cause });
}

async function readLogins(context: Context, directory: string | undefined) {
  const file =
    directory === undefined ? await usualConfig(context.env) : await readGivenConfig(resolve(context.cwd, directory));
  return file && { source: file.source, logins: parseDockerConfig(file.source, file.content) };
}

/** Names of hosts and repositories, never what they are for. */
function describeLogins(logins: readonly RegistryLogin[], registry: string): string {
  const hosts = logins.flatMap(({ host, from }) => {
    // A user may stand in it.
    const name = hostOf(host).replace(/^[^/@]*@/u, '');
    if (host !== '*') return [name];
    return from.kind === 'helper' ? [`all registries (docker-credential-${from.helper})`] : [];
  });
  const all = [...new Set(hosts)];
  const isNamed = all.some((name) => name === registry || name.startsWith(`${registry}/`));
  const has = `has credentials for ${all.length === 0 ? 'no registry' : namesShown(all)}`;
  if (isNamed) return `${has}: those for ${registry} do not suffice`;
  return logins.some(({ host }) => host === '*') ? has : `${has}, not for ${registry}`;
}
