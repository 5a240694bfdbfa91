import type { Context } from '../../context.js';
import type { HelmAccess } from '../../systems/helm/open-repositories.js';
import type { Patience } from '../../systems/registry/client/host.js';
import { connectRegistries, type Registries, type RegistrySettings } from '../../systems/registry/client/registries.js';
import { type DockerConfig, prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import type { Mirror } from '../mirror-file/read.js';

/** What the command line says of registries. */
export interface RegistryFlags {
  readonly dockerconfig?: string | undefined;
  readonly insecureRegistry: readonly string[];
}

/** Milliseconds before further attempts; the last is repeated. */
const usualPauses = [1000, 3000, 10_000, 30_000];

/** Milliseconds before each further attempt of a request: as many as the retries of the mirror file. Each may be a quarter longer. */
export const attemptPauses = (retries: number, pauses: readonly number[] = usualPauses): readonly number[] =>
  Array.from({ length: retries }, (_, index) => pauses[Math.min(index, pauses.length - 1)] ?? 0);
/** Milliseconds without a byte, after which a connection is given up. */
const usualIdle = 60_000;

/** Registries, and how hosts that are none are reached. */
export interface OpenedRegistries {
  readonly registries: Registries;
  readonly hosts: HelmAccess;
}

/** Those of the command line and of the mirror file, which knows each registry better. @param patience tests shorten it */
export function openRegistries(
  context: Context,
  mirror: Mirror,
  flags: RegistryFlags,
  patience: Partial<Patience> = {},
): OpenedRegistries {
  const { pauses, idle = usualIdle } = patience;
  const tries = attemptPauses(mirror.retries, pauses);
  const insecure = [
    ...flags.insecureRegistry,
    ...mirror.registries.filter((registry) => registry.insecure).map(({ host }) => host),
  ];
  const settingsOf = (registry: string) => mirror.registries.find(({ host }) => host === registry);
  const configs = new Map<string, Promise<DockerConfig>>();
  const configOf = (registry: string): Promise<DockerConfig> => {
    const directory = settingsOf(registry)?.dockerconfig ?? flags.dockerconfig;
    const config = configs.get(registry) ?? prepareDockerConfig(context, directory);
    configs.set(registry, config);
    return config;
  };
  const settings = async (registry: string): Promise<RegistrySettings> => {
    const { ca, rate } = settingsOf(registry) ?? {};
    const { env, logins } = await configOf(registry);
    return { insecure, env, logins, ca, rate, patience: { pauses: tries, idle } };
  };
  const registries = connectRegistries(context, settings);
  return {
    registries: {
      repository: registries.repository,
      [Symbol.asyncDispose]: async () => {
        await registries[Symbol.asyncDispose]();
        for (const config of await Promise.allSettled(configs.values())) {
          if (config.status === 'fulfilled') await config.value.dispose();
        }
      },
    },
    hosts: {
      settingsOf: settings,
      isNamed: (host) => insecure.includes(host) || settingsOf(host) !== undefined,
    },
  };
}
