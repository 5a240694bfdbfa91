import type { Context } from '../../context.js';
import { readProperties } from '../../kit/config/properties.js';
import type { Setting } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';

/** Which store op uses. */
export type StoreChoice = { readonly kind: 'cluster' } | { readonly kind: 'directory'; readonly path: string };

/** In a pod and on a laptop: image info was always in a cluster, that of the kubeconfig or that of the pod. */
export const defaultStore: Setting = { key: 'OP_STORE', value: 'cluster', origin: 'default' };

/**
 * The store that the flag names, else OP_STORE of the environment, else that of the properties file, else the cluster.
 * @throws OpError (input) when that is none, or for an invalid properties file
 */
export async function chooseStore(context: Context, flag: string | undefined): Promise<StoreChoice> {
  if (flag !== undefined) return parseStore({ key: 'OP_STORE', value: flag, origin: '--store' });
  const { env, propertiesFile, cwd } = context;
  const value = env.OP_STORE?.trim();
  if (value) return parseStore({ key: 'OP_STORE', value, origin: 'environment' });
  const filed = propertiesFile === undefined ? undefined : (await readProperties(propertiesFile, cwd)).get('OP_STORE');
  return parseStore(filed?.value ? filed : defaultStore);
}

function parseStore({ value, origin }: Setting): StoreChoice {
  if (value === 'cluster') return { kind: 'cluster' };
  const [, path] = /^directory:(\P{Cc}+)$/u.exec(value) ?? [];
  if (path !== undefined) return { kind: 'directory', path };
  throw inputError({
    what: `"${oneLine(value)}" is not a store (${origin === '--store' ? origin : `OP_STORE, ${origin}`})`,
    why: 'a store is cluster, or directory:PATH',
    hint: 'give --store=cluster, or --store=directory:PATH with a directory that op may write to',
  });
}
