import { interpolate } from '../../kit/config/interpolate.js';
import { type Env, namesSecret, type Setting } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import { parsePrefix } from '../../systems/registry/reference.js';
import type { SettingFlags } from './options.js';
import type { RegistryEntry, RegistryFile } from './registry-file.js';

/** Which part of `.registry` is used. `auto` is `ci` in CI and in a Kubernetes pod, `local` elsewhere. */
type Destination = SettingFlags['destination'];

/** The entries of `.registry` for a destination; images are pushed to the first. */
export function entriesFor(file: RegistryFile, destination: Destination, env: Env): readonly RegistryEntry[] {
  if (destination === 'all') return [...file.local, ...file.ci];
  const ci = destination === 'ci' || (destination === 'auto' && runsInCi(env));
  return ci ? file.ci : file.local;
}

function runsInCi(env: Env): boolean {
  return env.GITHUB_ACTIONS === 'true' || env.CI === 'true' || Boolean(env.KUBERNETES_SERVICE_HOST);
}

/**
 * Expands an entry's variables. The result is lower case: owners of repositories may have capitals, which no registry accepts.
 * A repository chooses the names of the variables, and the result is sent to others: to DNS as the name of a host, to registries.
 * @throws OpError (input) for a variable without a value or default, for one that names a secret, and for an invalid registry
 */
export function fillIn({ template, origin }: RegistryEntry, env: Env): Setting {
  const secret = [...template.matchAll(/\$\{?([A-Za-z_]\w*)/gu)].find(([, name = '']) => namesSecret(name))?.[1];
  if (secret !== undefined) {
    throw inputError({
      what: `${origin} "${template}" must not use the variable ${secret}`,
      why: 'variables with such names hold secrets, and the name of a registry is public',
      hint: 'use a variable with another name, or name the registry with --default-repo',
    });
  }
  const filled = interpolate(template, env);
  const value = 'problem' in filled ? filled : { text: filled.text.toLowerCase() };
  if ('problem' in value) {
    const hint = 'set the variable, give it a default as in ${VAR:-default}, or name the registry with --default-repo';
    throw inputError({ what: `${origin} "${template}" is not a registry`, why: value.problem, hint });
  }
  return checkRegistry({ key: 'SKAFFOLD_DEFAULT_REPO', value: value.text, origin });
}

/** Checks a registry and removes surrounding spaces and a trailing slash. @throws OpError (input) when it is invalid */
export function checkRegistry({ key, value, origin }: Setting): Setting {
  const read = parsePrefix(value);
  if (!('problem' in read)) return { key, value: read.prefix, origin };
  throw inputError({
    what: `"${value}" (${origin}) is not a registry`,
    why: read.problem,
    hint: 'write HOST[:PORT][/PATH], such as ghcr.io/acme or localhost:5001',
  });
}
