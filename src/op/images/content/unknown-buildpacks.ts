import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { within } from '../../kit/files/path.js';
import type { Application } from '../buildpacks/application.js';
import { findBuildpack } from '../buildpacks/order/find-buildpack.js';
import { requestedBuildpacks } from '../buildpacks/order/order.js';
import { escapeId, type ModuleRef } from '../buildpacks/specification/builder.js';

/** Where a build looks for buildpacks. */
interface Scope {
  /** Those of skaffold.yaml. */
  readonly buildpacks: readonly string[];
  readonly builder: string;
  /** The buildpacks that the builder has. */
  readonly ofBuilder: () => Promise<readonly ModuleRef[]>;
  /** Directory that those of skaffold.yaml are relative to. */
  readonly cwd: string;
  readonly root: string;
}

/**
 * Why not all requested buildpacks are part of the builder or of the context; undefined when they are. They are looked for as the build
 * does it: op and pack take an ID such as `example.com/own/pack` for an image.
 * @throws OpError (input) for a buildpack that is not found
 */
export async function whyBuildpacksUnknown(
  { directory, descriptor, descriptorDirectory }: Application,
  { buildpacks, builder, ofBuilder, cwd, root }: Scope,
): Promise<string | undefined> {
  const { buildpacks: own, pre, post } = requestedBuildpacks(buildpacks, descriptor);
  const requested = [...own, ...pre, ...post];
  if (requested.length === 0) return undefined;
  const modules = (await ofBuilder()).map(({ id, version }) => ({ id: escapeId(id), version }));
  for (const named of requested) {
    const base = typeof named === 'string' ? cwd : descriptorDirectory;
    const found = await findBuildpack(named, { builder: { image: builder, buildpacks: modules }, base, root });
    const name = typeof named === 'string' ? named : named.uri || named.id;
    if (found.from === 'image') return `its buildpack ${name} is an image, which can change`;
    if (found.from === 'directory' && !(await isInput(found.path, directory))) {
      return `its buildpack ${name} has parts that are not in the context`;
    }
    // For pack that is not a script, but a buildpack from elsewhere.
    if (found.from === 'script' && found.script.inline === '') return `its buildpack ${name} has an empty script`;
  }
  return undefined;
}

/** Whether a buildpack is files of the context that count: `.git` does not, and pack fetches what a package.toml names. */
async function isInput(path: string, context: string): Promise<boolean> {
  if (!within(context, path) || within(join(context, '.git'), path)) return false;
  return (await lstat(join(path, 'package.toml')).catch(() => undefined)) === undefined;
}
