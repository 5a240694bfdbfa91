import type { Context } from '../../context.js';
import { type Api, openApi } from '../../systems/registry/client/api.js';
import type { Patience } from '../../systems/registry/client/host.js';
import { pathOf, type Repository } from '../../systems/registry/client/repository.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { type Reference, registryOf } from '../../systems/registry/reference.js';
import type { Mirror } from '../mirror-file/read.js';

/** The registries of a mirror; each is opened when it is first needed. */
export interface Registries extends AsyncDisposable {
  readonly repository: (image: Reference) => Promise<Repository>;
}

/** What the command line says of registries. */
export interface RegistryFlags {
  readonly dockerconfig?: string | undefined;
  readonly insecureRegistry: readonly string[];
}

/** Milliseconds before further attempts; the last is repeated. */
const usualPauses = [1000, 3000, 10_000, 30_000];
/** Milliseconds without a byte, after which a connection is given up. */
const usualIdle = 60_000;

/** Those of the command line and of the mirror file, which knows each registry better. @param patience tests shorten it */
export function openRegistries(
  context: Context,
  mirror: Mirror,
  flags: RegistryFlags,
  patience: Partial<Patience> = {},
): Registries {
  const { pauses = usualPauses, idle = usualIdle } = patience;
  const tries = Array.from({ length: mirror.retries }, (_, index) => pauses[Math.min(index, pauses.length - 1)] ?? 0);
  const insecure = [
    ...flags.insecureRegistry,
    ...mirror.registries.filter((registry) => registry.insecure).map(({ host }) => host),
  ];
  const opened = new Map<string, Promise<Api>>();
  const disposers: (() => void | Promise<void>)[] = [];
  const open = async (registry: string): Promise<Api> => {
    const settings = mirror.registries.find(({ host }) => host === registry);
    const credentials = await prepareDockerConfig(context, settings?.dockerconfig ?? flags.dockerconfig);
    disposers.push(credentials.dispose);
    const access = { insecure, env: credentials.env, ca: settings?.ca, patience: { pauses: tries, idle } };
    const api = await openApi(context, registry, access);
    disposers.push(api[Symbol.dispose]);
    return api;
  };
  return {
    repository: async (image) => {
      const registry = registryOf(image);
      const api = opened.get(registry) ?? open(registry);
      opened.set(registry, api);
      return { api: await api, path: pathOf(image) };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled(opened.values());
      for (const dispose of disposers) await dispose();
    },
  };
}
