import type { Builder, Group, ModuleRef } from './builder.js';
import type { Located } from './locate.js';
import type { NamedBuildpack, ProjectDescriptor } from './project-descriptor.js';

/** Buildpacks that were asked for, of which skaffold.yaml's replace those of project.toml. */
export interface Wanted {
  readonly buildpacks: readonly (string | NamedBuildpack)[];
  readonly pre: readonly NamedBuildpack[];
  readonly post: readonly NamedBuildpack[];
}

/** What counts of skaffold.yaml and project.toml. Source: Skaffold 2.16, pkg/skaffold/build/buildpacks. */
export function wanted(fromSkaffold: readonly string[], descriptor: ProjectDescriptor): Wanted {
  const buildpacks = fromSkaffold.length > 0 ? fromSkaffold : descriptor.buildpacks;
  // Those before and after count only where the builder's own order does.
  return buildpacks.length > 0
    ? { buildpacks, pre: [], post: [] }
    : { buildpacks, pre: descriptor.pre, post: descriptor.post };
}

/** A buildpack that was asked for, once it is where the detector finds it. */
export interface Placed {
  readonly located: Located;
  /** What to write into the order; undefined for all of the builder's. */
  readonly module: ModuleRef | undefined;
}

/**
 * The order of buildpacks that the detector tries, where it is not the builder's own.
 * Source: pack 0.37, pkg/client/build.go, processBuildpacks.
 */
export function composeOrder(
  builder: Builder,
  { buildpacks, pre, post }: Readonly<Record<'buildpacks' | 'pre' | 'post', readonly Placed[]>>,
): readonly Group[] | undefined {
  const modules = (list: readonly Placed[]) => list.flatMap(({ module }) => (module === undefined ? [] : [module]));
  if (buildpacks.length > 0) {
    const all = buildpacks.findIndex(({ module }) => module === undefined);
    if (all < 0) return [modules(buildpacks)];
    const [before, after] = [modules(buildpacks.slice(0, all)), modules(buildpacks.slice(all + 1))];
    return builder.order.map((group) => [...before, ...group, ...after]);
  }
  if (pre.length + post.length === 0) return undefined;
  // Each of those before goes to the front, so that the last one named runs first: as with pack.
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

/** A basic string of TOML. JSON's escapes are a part of TOML's. */
const tomlString = (value: string) => JSON.stringify(value);
