import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { findProgram } from '../../kit/process/find-program.js';
import type { RegistryLogin } from './dockerconfig/parse.js';
import { type Reference, registryOf, repositoryOf } from './reference.js';

/** A program that a docker config names, and that is not installed. */
export interface MissingHelper {
  readonly program: string;
  readonly detail: string;
  readonly hint: string;
}

/** The program that has the credentials of a login, if it is missing. */
export function missingHelper({ env }: Pick<Context, 'env'>, { host, from }: RegistryLogin): MissingHelper | undefined {
  if (from.kind === 'file') return undefined;
  const program = `docker-credential-${from.helper}`;
  if (findProgram(program, env.PATH) !== undefined) return undefined;
  const which = host === '*' ? 'all registries' : host;
  return {
    program,
    detail: `the credentials of ${which} are in ${program}, which is not on PATH`,
    hint: `install ${program}, or remove "${from.helper}" from the docker config and log in again`,
  };
}

/**
 * The login that tools use for a repository: a helper for it or for its registry, the store of all others, and only then what the file has.
 * Source: docker/cli, config/configfile, getConfiguredCredentialStore.
 */
export function loginOf(logins: readonly RegistryLogin[], image: Reference): RegistryLogin | undefined {
  const isFor = ({ host }: RegistryLogin) => host === repositoryOf(image) || hostOf(host) === registryOf(image);
  return (
    logins.find((login) => login.from.kind === 'helper' && isFor(login)) ??
    logins.find(({ host }) => host === '*') ??
    logins.find(isFor)
  );
}

/** Without the protocol and the path of the API that a docker config may have, and by one name for Docker Hub. */
export function hostOf(text: string): string {
  const host = text.replace(/^https?:\/\//u, '').replace(/\/(?:v[12]\/?)?$/u, '');
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

/** Checks that the credentials of what is going to be used can be read. @throws OpError (input) */
export function checkHelpers(context: Context, logins: readonly RegistryLogin[], images: readonly Reference[]): void {
  for (const image of images) {
    const login = loginOf(logins, image);
    const missing = login && missingHelper(context, login);
    if (missing === undefined) continue;
    throw inputError({ what: `cannot log in to ${registryOf(image)}`, why: missing.detail, hint: missing.hint });
  }
}
