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
 * Variables that `.registry` may use, by the end of their names: parts of the address of a registry, such as GITHUB_REPOSITORY_OWNER,
 * CI_PROJECT_PATH, CI_REGISTRY_IMAGE, GOOGLE_CLOUD_PROJECT or AWS_ACCOUNT_ID.
 */
const usable =
  /^(?:REGISTRY_\w+|(?:\w+_)?(?:REGISTRY|HOST|PORT|DOMAIN|SERVER|OWNER|ORG|ORGANI[SZ]ATION|COMPANY|GROUP|TEAM|USER|USERNAME|NAME|NAMESPACE|PROJECT|REPO|REPOSITORY|IMAGE|PATH|SLUG|PREFIX|SUFFIX|REGION|LOCATION|ZONE|ENV|ENVIRONMENT|STAGE|ACCOUNT|TENANT|BRANCH|(?:PROJECT|ACCOUNT|SUBSCRIPTION|TENANT)_(?:ID|NUMBER)))$/iu;

/**
 * Expands an entry's variables. The result is lower case: owners of repositories may have capitals, which no registry accepts.
 * A repository chooses the names of the variables, and the result is sent to others: to DNS as the name of a host, to registries.
 * @throws OpError (input) for a variable without a value or default, for one that may hold a secret, and for an invalid registry
 */
export function fillIn({ template, origin }: RegistryEntry, env: Env): Setting {
  const names = [...template.matchAll(/\$\{?([A-Za-z_]\w*)/gu)].map(([, name = '']) => name);
  const secret = names.find((name) => namesSecret(name));
  // A variable that is not set gives nothing away: interpolate says that it is not set, or uses the default.
  const other = secret ?? names.find((name) => Boolean(env[name]) && !usable.test(name));
  if (other !== undefined) {
    throw inputError({
      what: `${origin} "${template}" must not use the variable ${other}`,
      why:
        secret === undefined
          ? 'its name does not say that it is a part of the address of a registry, and that is public'
          : 'variables with such names hold secrets, and the name of a registry is public',
      hint: 'use a variable with another name, such as REGISTRY_OWNER, or name the registry with --default-repo',
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
