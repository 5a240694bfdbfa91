import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { withTemporaryDirectory } from '../../kit/files/temporary.js';
import type { Access } from '../../systems/registry/crane.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import { escapeId, type ModuleRef } from './builder.js';
import { copyTree } from './copy-tree.js';
import type { Located } from './locate.js';
import type { Placed } from './order.js';
import { readToml } from './toml.js';
import { imageConfig, unpackImage } from './unpack.js';

const descriptorShape = v.looseObject({
  buildpack: v.looseObject({ id: v.string(), version: v.optional(v.string(), '0.0.0') }),
});
const packageShape = v.looseObject({ dependencies: v.optional(v.array(v.unknown()), []) });
const labels = v.looseObject({
  config: v.looseObject({ Labels: v.looseObject({ 'io.buildpacks.buildpackage.metadata': v.string() }) }),
});
const metadataShape = v.looseObject({ id: v.string(), version: v.string() });

/**
 * Puts buildpacks that are not the builder's own into a directory of buildpacks.
 * @param store gets ID/VERSION for each; it need not exist
 * @throws OpError (input) for what is no buildpack; (tool) when an image of one cannot be read
 */
export async function placeBuildpacks(
  context: Context,
  access: Access,
  store: string,
  wanted: readonly Located[],
): Promise<readonly Placed[]> {
  const placed: Placed[] = [];
  for (const located of wanted) placed.push({ located, module: await place(context, access, store, located) });
  return placed;
}

/** So that the detector, which looks into one directory, finds the builder's own beside them. */
export async function linkBuildpacks(store: string, builder: readonly ModuleRef[]): Promise<void> {
  for (const { id, version } of builder) {
    const path = join(store, id, version);
    await mkdir(dirname(path), { recursive: true });
    await symlink(`/cnb/buildpacks/${id}/${version}`, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function place(
  context: Context,
  access: Access,
  store: string,
  located: Located,
): Promise<ModuleRef | undefined> {
  if (located.from === 'builder') return located.all ? undefined : located.module;
  if (located.from === 'script') return writeScript(store, located);
  if (located.from === 'image') return placeImage(context, access, store, located.image);
  return placeDirectory(store, located.path);
}

async function placeDirectory(store: string, directory: string): Promise<ModuleRef> {
  const text = await readFile(join(directory, 'buildpack.toml'), 'utf8').catch(() => undefined);
  if (text === undefined) throw notABuildpack(directory, 'it has no buildpack.toml');
  const read = readToml(text, descriptorShape);
  if ('malformed' in read) throw notABuildpack(directory, `its buildpack.toml is malformed: ${read.malformed.why}`);
  const { id, version } = read.value.buildpack;
  const packed = await readFile(join(directory, 'package.toml'), 'utf8').catch(() => '');
  const dependencies = readToml(packed, packageShape);
  if ('value' in dependencies && dependencies.value.dependencies.length > 0) {
    throw notABuildpack(directory, 'its package.toml names dependencies, which op does not fetch');
  }
  await copyInto(store, { id, version }, directory);
  return { id, version };
}

async function placeImage(context: Context, access: Access, store: string, image: Reference): Promise<ModuleRef> {
  const name = formatReference(image);
  const config = v.safeParse(labels, JSON.parse(await imageConfig(context, access, image)));
  const label = config.success ? config.output.config.Labels['io.buildpacks.buildpackage.metadata'] : undefined;
  if (label === undefined) throw notABuildpack(name, 'it has no label io.buildpacks.buildpackage.metadata');
  const main = v.parse(metadataShape, JSON.parse(label));
  await withTemporaryDirectory(context, 'buildpack', async (directory) => {
    const root = join(directory, 'root');
    await unpackImage(context, access, image, root, ['cnb/buildpacks']);
    const modules = join(root, 'cnb/buildpacks');
    for (const id of await readdir(modules)) {
      for (const version of await readdir(join(modules, id))) {
        await copyInto(store, { id, version }, join(modules, id, version));
      }
    }
  });
  return { id: main.id, version: main.version };
}

async function copyInto(store: string, { id, version }: ModuleRef, from: string): Promise<void> {
  const to = join(store, escapeId(id), version);
  await mkdir(to, { recursive: true });
  await copyTree(from, to);
}

/** Source: pack 0.37, pkg/client/build.go, createInlineBuildpack. */
async function writeScript(
  store: string,
  { id, version, script }: Extract<Located, { from: 'script' }>,
): Promise<ModuleRef> {
  const directory = join(store, escapeId(id), version);
  const files = {
    'buildpack.toml': `api = ${JSON.stringify(script.api)}\n[buildpack]\nid = ${JSON.stringify(id)}\nversion = ${JSON.stringify(version)}\n[[targets]]\nos = "linux"\n`,
    'bin/detect': `#!${script.shell}\n\nexit 0\n`,
    'bin/build': `#!${script.shell}\n\n${script.inline}\n`,
  };
  await mkdir(join(directory, 'bin'), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, name), content);
    await chmod(join(directory, name), name.startsWith('bin/') ? 0o755 : 0o644);
  }
  return { id, version };
}

const notABuildpack = (name: string, why: string) =>
  inputError({
    what: `${name} is not a buildpack`,
    why,
    hint: 'name a directory that has buildpack.toml, bin/detect and bin/build, or the image of a buildpack',
  });
