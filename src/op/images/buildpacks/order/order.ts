import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../../context.js';
import type { RegistryAccess } from '../../../systems/registry/crane.js';
import { type PhaseRunner, phasePaths } from '../sandbox/phase-runner.js';
import type { Builder, Group } from '../specification/builder.js';
import type { NamedBuildpack, ProjectDescriptor } from '../specification/project-descriptor.js';
import { findBuildpack } from './find-buildpack.js';
import { type InstalledBuildpack, installBuildpacks, linkBuildpacks } from './install-buildpacks.js';

/** The flags that tell the phases which buildpacks to use. */
export interface OrderFlags {
  /** For the detector. */
  readonly order: readonly string[];
  /** For the detector and the builder. */
  readonly buildpacks: readonly string[];
}

/**
 * Writes the order of buildpacks, if it is not the builder's own, and installs the buildpacks that the builder does not have.
 * @throws OpError (input) for a buildpack that is not found
 */
export async function prepareOrder(
  context: Context,
  access: RegistryAccess,
  { builder, exchange }: PhaseRunner,
  { root, buildpacks }: { readonly root: string; readonly buildpacks: readonly string[] },
  { descriptor, descriptorDirectory }: { readonly descriptor: ProjectDescriptor; readonly descriptorDirectory: string },
): Promise<OrderFlags> {
  const lists = requestedBuildpacks(buildpacks, descriptor);
  const store = join(exchange, 'buildpacks');
  const install = async (list: RequestedBuildpacks['buildpacks']) => {
    const sources = [];
    for (const named of list) {
      const base = typeof named === 'string' ? context.cwd : descriptorDirectory;
      sources.push(await findBuildpack(named, { builder, base, root }));
    }
    return installBuildpacks(context, access, store, sources);
  };
  const installed = {
    buildpacks: await install(lists.buildpacks),
    pre: await install(lists.pre),
    post: await install(lists.post),
  };
  const order = composeOrder(builder, installed);
  if (order === undefined) return { order: [], buildpacks: [] };
  await writeFile(join(exchange, 'order.toml'), formatOrder(order));
  const flags = [`-order=${phasePaths.exchange}/order.toml`];
  const all = [...installed.buildpacks, ...installed.pre, ...installed.post];
  if (all.every(({ source }) => source.from === 'builder')) return { order: flags, buildpacks: [] };
  await linkBuildpacks(store, builder.buildpacks);
  return { order: flags, buildpacks: [`-buildpacks=${phasePaths.exchange}/buildpacks`] };
}

/** The requested buildpacks; those in skaffold.yaml replace those in project.toml. */
export interface RequestedBuildpacks {
  readonly buildpacks: readonly (string | NamedBuildpack)[];
  readonly pre: readonly NamedBuildpack[];
  readonly post: readonly NamedBuildpack[];
}

/** Combines skaffold.yaml and project.toml. Source: Skaffold 2.16, pkg/skaffold/build/buildpacks. */
export function requestedBuildpacks(
  fromSkaffold: readonly string[],
  descriptor: ProjectDescriptor,
): RequestedBuildpacks {
  const buildpacks = fromSkaffold.length > 0 ? fromSkaffold : descriptor.buildpacks;
  // `pre` and `post` only apply to the builder's own order.
  return buildpacks.length > 0
    ? { buildpacks, pre: [], post: [] }
    : { buildpacks, pre: descriptor.pre, post: descriptor.post };
}

/**
 * The order of buildpacks that the detector tries; undefined for the builder's own.
 * Source: pack 0.37, pkg/client/build.go, processBuildpacks.
 */
export function composeOrder(
  builder: Builder,
  { buildpacks, pre, post }: Readonly<Record<'buildpacks' | 'pre' | 'post', readonly InstalledBuildpack[]>>,
): readonly Group[] | undefined {
  const modules = (list: readonly InstalledBuildpack[]) =>
    list.flatMap(({ module }) => (module === undefined ? [] : [module]));
  if (buildpacks.length > 0) {
    const all = buildpacks.findIndex(({ module }) => module === undefined);
    if (all < 0) return [modules(buildpacks)];
    const [before, after] = [modules(buildpacks.slice(0, all)), modules(buildpacks.slice(all + 1))];
    return builder.order.map((group) => [...before, ...group, ...after]);
  }
  if (pre.length + post.length === 0) return undefined;
  // Each `pre` buildpack is put first, so the last one listed runs first, as with pack.
  return builder.order.map((group) => [...modules(pre).reverse(), ...group, ...modules(post)]);
}

/** order.toml. Source: buildpacks/spec, platform.md. */
export function formatOrder(order: readonly Group[]): string {
  const line = (key: string, value: string) => `${key} = ${tomlString(value)}\n`;
  return order
    .map((group) => {
      const items = group.map(({ id, version, optional }) => {
        const flag = optional === true ? 'optional = true\n' : '';
        return `[[order.group]]\n${line('id', id)}${line('version', version)}${flag}`;
      });
      return `[[order]]\n${items.join('')}`;
    })
    .join('');
}

/** A basic string of TOML, whose escapes include those of JSON. */
const tomlString = (value: string) => JSON.stringify(value);
