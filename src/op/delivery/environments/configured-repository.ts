import type { Context } from '../../context.js';
import { checkRegistry } from '../../images/settings/repositories.js';
import type { PropertySettings } from '../../kit/config/properties.js';
import type { Setting } from '../../kit/config/setting.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';

/** Extra keys of dev, pp and prod, for configuration written for earlier versions. */
const extraKeys: Readonly<Record<string, string>> = {
  dev: 'GOOGLE_GKE_IMAGE_REPOSITORY',
  pp: 'GOOGLE_GKE_IMAGE_PP_REPOSITORY',
  prod: 'GOOGLE_GKE_IMAGE_PROD_REPOSITORY',
};

/** `pre-prod` gives `IMAGE_REPOSITORY_PRE_PROD`. */
const keyOf = (environment: string) => `IMAGE_REPOSITORY_${environment.toUpperCase().replaceAll('-', '_')}`;

/** The keys that set the repository of an environment; the first one that is set wins. */
export const repositoryKeysOf = (environment: string): readonly string[] => [
  keyOf(environment),
  ...(extraKeys[environment] === undefined ? [] : [extraKeys[environment]]),
];

/** The keys that say where images of an environment are, and where op looks up which they are and who may deliver. */
const redirecting = /^(?:IMAGE_REPOSITORY_|GOOGLE_GKE_IMAGE_|PROMOTE_|WATCH_|OP_STORE$)/u;

/**
 * Checks that a properties file changes no repository of environments.yaml: a repository must not choose where promotion credentials
 * write. A key with the value of environments.yaml changes nothing.
 * @throws OpError (refused) with the file, the line and the key
 */
export function refuseRedirects(
  properties: PropertySettings,
  environments: readonly { readonly name: string; readonly repository?: string | undefined }[],
  file: string,
): void {
  for (const { key, value, origin } of properties.values()) {
    if (!redirecting.test(key) || value === '') continue;
    if (key === 'OP_STORE') throw redirectedStore(origin, file);
    const owner = environments.find(({ name }) => repositoryKeysOf(name).includes(key));
    if (owner?.repository !== undefined && owner.repository === value.replace(/\/+$/u, '')) continue;
    throw refusedError({
      what: `${origin} sets ${key}, and ${file} describes the environments`,
      why:
        owner?.repository === undefined
          ? `${file} has no repository for this key`
          : `${file} has ${owner.repository} for ${owner.name}, but the properties file has ${oneLine(value)}`,
      hint: `remove ${key} from the properties file; ${file} and the environment variables of the pod set repositories`,
    });
  }
}

const redirectedStore = (origin: string, file: string) =>
  refusedError({
    what: `${origin} sets OP_STORE, and ${file} describes the environments`,
    why: 'a properties file of the repository could name images that were never published, and step around the Leases',
    hint: 'remove OP_STORE from the properties file; give --store, or the environment variable OP_STORE',
  });

/**
 * The repository that the first of these keys sets, as an environment variable or else in the properties file.
 * @throws OpError (input) when its value is not a registry
 */
export function configuredRepository(
  { env }: Context,
  properties: PropertySettings,
  keys: readonly string[],
): Setting | undefined {
  const set = keys.flatMap((key): readonly Setting[] => {
    const value = env[key]?.trim();
    return value ? [{ key, value, origin: 'environment' }] : [];
  });
  const filed = keys.flatMap((key) => properties.get(key) ?? []).filter(({ value }) => value !== '');
  const found = set[0] ?? filed[0];
  return found === undefined ? undefined : checkRegistry(found);
}
