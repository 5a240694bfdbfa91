import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { readProperties } from '../../kit/config/properties.js';
import type { KnownKey, Setting } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import type { SettingFlags } from './options.js';
import { type RegistryFile, readRegistryFile } from './registry-file.js';
import { checked, entriesFor, fillIn } from './repositories.js';

/** The configuration of a build, each value with its origin. */
export interface Settings {
  /** The registry and path that images are pushed to, if any is configured. */
  readonly repository: Setting | undefined;
  /** The other registries that every image is copied to. */
  readonly copies: readonly Setting[];
  readonly profile: Setting | undefined;
  readonly namespace: Setting | undefined;
  readonly insecure: Setting | undefined;
  /** Value of a key of the environment or the properties file, whichever has it first. */
  readonly of: (key: KnownKey) => Setting | undefined;
  /** Path of the `.registry` file, as people know it. */
  readonly registryFile: string;
  /** Keys of the properties file. */
  readonly properties: readonly Setting[];
}

/**
 * Resolves the configuration: flag, then environment, then properties file, then `.registry`, then `byDefault`.
 * `SKAFFOLD_DEFAULT_REPO` goes before `GOOGLE_GKE_IMAGE_REPOSITORY`.
 * @throws OpError (input) for a file or a value that is not what it should be
 */
export async function readSettings(context: Context, flags: SettingFlags, byDefault?: string): Promise<Settings> {
  const { cwd, env, propertiesFile } = context;
  const properties = propertiesFile === undefined ? new Map() : await readProperties(propertiesFile, cwd);
  const of = (key: KnownKey): Setting | undefined => {
    const value = env[key]?.trim();
    return value ? { key, value, origin: 'environment' } : nonEmpty(properties.get(key));
  };
  const flag = (key: KnownKey, name: string, value: string | undefined): Setting | undefined =>
    value ? { key, value, origin: name } : of(key);

  const registryFile = flags.registryFile ?? '.registry';
  const file = await readRegistryFile(resolve(cwd, registryFile), registryFile);
  if (file === undefined && flags.registryFile !== undefined) throw noRegistryFile(registryFile);
  const named = flag('SKAFFOLD_DEFAULT_REPO', '--default-repo', flags.defaultRepo) ?? of('GOOGLE_GKE_IMAGE_REPOSITORY');
  const [first] = file === undefined ? [] : entriesFor(file, flags.destination, env);
  const fallback =
    byDefault === undefined ? undefined : { key: 'SKAFFOLD_DEFAULT_REPO', value: byDefault, origin: 'default' };
  const repository = named ? checked(named) : first ? fillIn(first, env) : fallback;
  return {
    repository,
    copies: otherRegistries(context, file, flags, repository),
    profile: flag('SKAFFOLD_PROFILE', '--profile', flags.profile.join(',')),
    namespace: flag('SKAFFOLD_NAMESPACE', '--namespace', flags.namespace),
    insecure: flag('SKAFFOLD_INSECURE_REGISTRY', '--insecure-registry', flags.insecureRegistry.join(',')),
    of,
    registryFile,
    properties: [...properties.values()],
  };
}

const nonEmpty = (setting: Setting | undefined) => (setting?.value ? setting : undefined);

function otherRegistries(
  { env }: Context,
  file: RegistryFile | undefined,
  flags: SettingFlags,
  target: Setting | undefined,
) {
  if (file === undefined || (!flags.pushAll && flags.destination !== 'all')) return [];
  const entries = flags.destination === 'all' ? entriesFor(file, 'all', env) : file.ci;
  const others = new Map(entries.map((entry) => fillIn(entry, env)).map((setting) => [setting.value, setting]));
  if (target !== undefined) others.delete(target.value);
  return [...others.values()];
}

const noRegistryFile = (name: string) =>
  inputError({
    what: `cannot read ${name}`,
    why: 'there is no such file',
    hint: 'name an existing file with --registry-file',
  });
