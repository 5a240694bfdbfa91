import type { Context } from '../../../context.js';
import type { RegistryLogin } from '../dockerconfig/parse.js';
import { checkHelpers } from '../missing-helper.js';
import { type Credential, type OwnCredentials, readOwnCredentials } from '../own-credential.js';
import { type Reference, registryOf, repositoryOf } from '../reference.js';
import { type Api, type ApiAccess, openApi } from './api.js';
import { pathOf, type Repository } from './repository.js';

/** Registries by the images in them; each is opened when it is first needed. */
export interface Registries extends AsyncDisposable {
  /** @throws RegistryFailure when its registry cannot be reached, OpError (input) for a missing credential helper */
  readonly repository: (image: Reference) => Promise<Repository>;
}

/** How one registry is reached. */
export interface RegistrySettings extends Omit<ApiAccess, 'credential' | 'wasLost'> {
  /** What the docker config has: a helper of these must be installed. */
  readonly logins: readonly RegistryLogin[];
}

/**
 * Opens each registry once, and apart a repository that has credentials of its own.
 * @param settingsOf those of a registry, by its `HOST[:PORT]`
 */
export function connectRegistries(
  context: Context,
  settingsOf: (registry: string) => Promise<RegistrySettings>,
): Registries {
  const opened = new Map<string, Promise<Api>>();
  /** Registries that did not answer with all attempts: the next time they have one. */
  const lost = new Set<string>();
  const disposers: (() => void)[] = [];
  /** Read once: there may be hundreds of repositories of one registry. */
  const own = new Map<string, Promise<OwnCredentials>>();
  const credentialsOf = (registry: string, env: ApiAccess['env']): Promise<OwnCredentials> => {
    const credentials = own.get(registry) ?? readOwnCredentials(context, env);
    own.set(registry, credentials);
    return credentials;
  };
  const open = async (registry: string, settings: ApiAccess, credential: Credential | undefined): Promise<Api> => {
    const api = await openApi(context, registry, { ...settings, credential, wasLost: lost.has(registry) });
    disposers.push(api[Symbol.dispose]);
    return api;
  };
  return {
    repository: async (image) => {
      const registry = registryOf(image);
      const { logins, ...settings } = await settingsOf(registry);
      checkHelpers(context, logins, [image]);
      const credential = await (await credentialsOf(registry, settings.env))(image);
      const key = credential === undefined ? registry : repositoryOf(image);
      const api = opened.get(key) ?? open(registry, settings, credential);
      opened.set(key, api);
      try {
        return { api: await api, path: pathOf(image) };
      } catch (error) {
        // Later it may answer.
        if (opened.get(key) === api) opened.delete(key);
        lost.add(registry);
        throw error;
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled(opened.values());
      for (const dispose of disposers) dispose();
    },
  };
}
