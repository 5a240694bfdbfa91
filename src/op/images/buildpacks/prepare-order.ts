import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import type { Access } from '../../systems/registry/crane.js';
import type { Application } from './application.js';
import { inside } from './inside.js';
import { locate } from './locate.js';
import { composeOrder, formatOrder, type Wanted, wanted } from './order.js';
import { linkBuildpacks, placeBuildpacks } from './place-buildpacks.js';
import type { Workshop } from './workshop.js';

/** Flags of the detector, and of detector and builder. */
export interface Ordered {
  readonly order: readonly string[];
  readonly buildpacks: readonly string[];
}

/**
 * Writes which buildpacks are tried, where it is not for the builder to say, and puts those beside it that it does not have.
 * @throws OpError (input) for a buildpack that is nowhere
 */
export async function prepareOrder(
  context: Context,
  access: Access,
  { builder, exchange }: Workshop,
  { root, buildpacks }: { readonly root: string; readonly buildpacks: readonly string[] },
  { descriptor, descriptorDirectory }: Application,
): Promise<Ordered> {
  const lists = wanted(buildpacks, descriptor);
  const store = join(exchange, 'buildpacks');
  const place = async (list: Wanted['buildpacks']) => {
    const located = [];
    for (const named of list) {
      const base = typeof named === 'string' ? context.cwd : descriptorDirectory;
      located.push(await locate(named, { builder, base, root }));
    }
    return placeBuildpacks(context, access, store, located);
  };
  const placed = {
    buildpacks: await place(lists.buildpacks),
    pre: await place(lists.pre),
    post: await place(lists.post),
  };
  const order = composeOrder(builder, placed);
  if (order === undefined) return { order: [], buildpacks: [] };
  await writeFile(join(exchange, 'order.toml'), formatOrder(order));
  const flags = [`-order=${inside.exchange}/order.toml`];
  const all = [...placed.buildpacks, ...placed.pre, ...placed.post];
  if (all.every(({ located }) => located.from === 'builder')) return { order: flags, buildpacks: [] };
  await linkBuildpacks(store, builder.buildpacks);
  return { order: flags, buildpacks: [`-buildpacks=${inside.exchange}/buildpacks`] };
}
