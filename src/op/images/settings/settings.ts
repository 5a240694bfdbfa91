import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { type PropertySettings, readProperties } from '../../kit/config/properties.js';
import type { Env, KnownKey, Setting } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import type { SettingFlags } from './options.js';
import { type RegistryFile, readRegistryFile } from './registry-file.js';
import { checkRegistry, entriesFor, fillIn } from './repositories.js';

/** The value of a key, from the environment or else from the properties file. */
export type SettingReader = (key: KnownKey) => Setting | undefined;

/** The configuration of a build, each value with its origin. */
export interface Settings {
  /** The registry and path that images are pushed to, if any is configured. */
  readonly repository: Setting | undefined;
  /** The other registries that every image is copied to. */
  readonly copies: readonly Setting[];
  readonly profile: Setting | undefined;
  readonly namespace: Setting | undefined;
  readonly insecure: Setting | undefined;
  readonly of: SettingReader;
  /** Path of the `.registry` file as the user gave it. */
  readonly registryFile: string;
  /** Keys of the properties file. */
  readonly properties: readonly Setting[];
}

/**
 * Resolves the configuration: flag, then environment, then properties file, then `.registry`, then `byDefault`.
 * `SKAFFOLD_DEFAULT_REPO` goes before `GOOGLE_GKE_IMAGE_REPOSITORY`.
 * @throws OpError (input) for an invalid file or value
 */
export async function readSettings(context: Context, flags: SettingFlags, byDefault?: string): Promise<Settings> {
  const { cwd, env } = context;
  const properties = await readProperties(context);
  const of = readerOf(env, properties);
  const flag = (key: KnownKey, name: string, value: string | undefined): Setting | undefined =>
    value ? { key, value, origin: name } : of(key);

  const registryFile = flags.registryFile ?? '.registry';
  const file = await readRegistryFile(resolve(cwd, registryFile), registryFile);
  if (file === undefined && flags.registryFile !== undefined) throw noRegistryFile(registryFile);
  const named = flag('SKAFFOLD_DEFAULT_REPO', '--default-repo', flags.defaultRepo) ?? of('GOOGLE_GKE_IMAGE_REPOSITORY');
  const [first] = file === undefined ? [] : entriesFor(file, flags.destination, env);
  const fallback =
    byDefault === undefined ? undefined : { key: 'SKAFFOLD_DEFAULT_REPO', value: byDefault, origin: 'default' };
  const repository = named ? checkRegistry(named) : first ? fillIn(first, env) : fallback;
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

/**
 * Reads the settings of a build without skaffold.yaml: `.registry`, which says where Skaffold pushes to, does not count.
 * @throws OpError (input) when the properties file is missing or malformed
 */
export const settingReader = async (context: Context): Promise<SettingReader> =>
  readerOf(context.env, await readProperties(context));

const readerOf =
  (env: Env, properties: PropertySettings): SettingReader =>
  (key) => {
    const value = env[key]?.trim();
    if (value) return { key, value, origin: 'environment' };
    const found = properties.get(key);
    return found?.value ? found : undefined;
  };

/** The items of a comma-separated setting; none for a missing one. */
export const listOf = (text = ''): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

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
    why: 'the file does not exist',
    hint: 'name an existing file with --registry-file',
  });
