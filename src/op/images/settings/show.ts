import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { type KnownKey, knownKeys, masked, type Setting } from '../../kit/config/setting.js';
import { redact } from '../../kit/errors/redact.js';
import { defaultStore } from '../../store/choose/choose.js';
import type { SettingFlags } from './options.js';
import { readRegistryFile } from './registry-file.js';
import { readSettings } from './settings.js';

/** One line of `op config`. */
interface Row {
  readonly key: string;
  readonly value: string;
  readonly origin: string;
}

/**
 * Prints each value of the configuration and its origin; what looks like a secret is hidden.
 * `json` prints a list of `{key, value, origin}`.
 */
export async function showSettings(
  outer: Context,
  flags: SettingFlags & { readonly directory: string },
  form: 'text' | 'json',
): Promise<void> {
  const cwd = resolve(outer.cwd, flags.directory);
  const context = { ...outer, cwd, propertiesFile: outer.propertiesFile && resolve(outer.cwd, outer.propertiesFile) };
  const settings = await readSettings(context, flags);
  const decided: Partial<Record<KnownKey, Setting | undefined>> = {
    SKAFFOLD_DEFAULT_REPO: settings.repository,
    SKAFFOLD_PROFILE: settings.profile,
    SKAFFOLD_NAMESPACE: settings.namespace,
    SKAFFOLD_INSECURE_REGISTRY: settings.insecure,
    OP_STORE: settings.of('OP_STORE') ?? defaultStore,
  };
  const known = knownKeys.map((key) => row(key, key in decided ? decided[key] : settings.of(key)));
  const others = settings.properties
    .filter(({ key }) => !knownKeys.some((own) => own === key))
    .map((setting) => row(setting.key, setting));
  const file = await readRegistryFile(resolve(cwd, settings.registryFile), settings.registryFile);
  const entries = (['local', 'ci'] as const).flatMap((key) =>
    (file?.[key] ?? []).map(({ template, origin }) => ({
      key: `${settings.registryFile} ${key}`,
      value: template,
      origin,
    })),
  );
  const rows = [...known, ...others, ...entries];
  if (form === 'json') return context.out(`${JSON.stringify(rows, undefined, 2)}\n`);
  const { table } = await import('../../kit/log/format.js');
  const cells = rows.map(({ key, value, origin }) => [
    key,
    value === '' ? '-' : value,
    origin === '' ? 'not set' : origin,
  ]);
  context.out(`${table([['KEY', 'VALUE', 'ORIGIN'], ...cells])}\n`);
}

const row = (key: string, setting: Setting | undefined): Row => ({
  key,
  value: setting === undefined ? '' : redact(masked(setting)),
  origin: setting?.origin ?? '',
});
