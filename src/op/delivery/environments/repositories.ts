import type { Context } from '../../context.js';
import { checked } from '../../images/settings/repositories.js';
import type { PropertySettings } from '../../kit/config/properties.js';
import type { Setting } from '../../kit/config/setting.js';

/** The keys of the first three environments, as they always were. */
const named: Readonly<Record<string, string>> = {
  dev: 'GOOGLE_GKE_IMAGE_REPOSITORY',
  pp: 'GOOGLE_GKE_IMAGE_PP_REPOSITORY',
  prod: 'GOOGLE_GKE_IMAGE_PROD_REPOSITORY',
};

/** `pre-prod` gives `IMAGE_REPOSITORY_PRE_PROD`. */
const keyOf = (environment: string) => `IMAGE_REPOSITORY_${environment.toUpperCase().replaceAll('-', '_')}`;

/** The keys that name the repository of an environment, the first that is set counts. */
export const keysOf = (environment: string): readonly string[] => [
  keyOf(environment),
  ...(named[environment] === undefined ? [] : [named[environment]]),
];

/**
 * The first of some keys that the environment variables have, else the properties file.
 * @throws OpError (input) when its value is not a registry
 */
export function repositoryFrom(
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
  return found === undefined ? undefined : checked(found);
}
