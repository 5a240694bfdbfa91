import { resolve } from 'node:path';
import type { Context } from '../../op/context.js';
import { readProperties } from '../../op/kit/config/properties.js';
import type { Home } from '../runs/home.js';

/**
 * The directory where the steps of a run keep image info and locks: that of `--store`, OP_STORE or the properties file, else one beside
 * the runs; undefined when these name another kind of store, which steps on this machine cannot reach.
 */
export async function storeOf(context: Context, home: Home, flag: string | undefined): Promise<string | undefined> {
  const { env, cwd } = context;
  const filed = (await readProperties(context)).get('OP_STORE');
  const given = flag ?? (env.OP_STORE?.trim() || filed?.value);
  if (!given) return home.store;
  const [, path] = /^directory:(\P{Cc}+)$/u.exec(given) ?? [];
  return path === undefined ? undefined : resolve(cwd, path);
}
