import type { Context } from '../../context.js';
import { readProperties } from '../../kit/config/properties.js';
import type { KnownKey, Setting } from '../../kit/config/setting.js';

/** The value of a key, in the environment or else in the properties file. */
export type SettingReader = (key: KnownKey) => Setting | undefined;

/**
 * Reads the settings of a build that has no skaffold.yaml; `.registry`, which says where Skaffold pushes to, is not looked at.
 * @throws OpError (input) when the properties file is missing or malformed
 */
export async function settingReader({ env, cwd, propertiesFile }: Context): Promise<SettingReader> {
  const properties = propertiesFile === undefined ? undefined : await readProperties(propertiesFile, cwd);
  return (key) => {
    const value = env[key]?.trim();
    if (value) return { key, value, origin: 'environment' };
    const found = properties?.get(key);
    return found?.value ? found : undefined;
  };
}
