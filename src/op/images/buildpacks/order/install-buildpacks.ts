import { chmod, mkdir, readdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../../context.js';
import { inputError } from '../../../kit/errors/op-error.js';
import { within } from '../../../kit/files/path.js';
import { makePrivateDirectory } from '../../../kit/files/private-directory.js';
import { parseJson } from '../../../kit/json/parse-json.js';
import { imageConfig, unpackImage } from '../../../systems/image-files/unpack-image.js';
import type { RegistryAccess } from '../../../systems/registry/crane.js';
import { formatReference, type Reference } from '../../../systems/registry/reference.js';
import { copyTree } from '../files/copy-tree.js';
import { readUntrusted } from '../files/untrusted-files.js';
import { escapeId, type ModuleRef } from '../specification/builder.js';
import { readToml } from '../specification/toml.js';
import type { BuildpackSource } from './find-buildpack.js';

/** A requested buildpack that is where the detector looks for it. */
export interface InstalledBuildpack {
  readonly source: BuildpackSource;
  /** Its entry in the order; undefined for all of the builder's. */
  readonly module: ModuleRef | undefined;
}

const descriptorShape = v.looseObject({
  buildpack: v.looseObject({ id: v.string(), version: v.optional(v.string(), '0.0.0') }),
});
const packageShape = v.looseObject({ dependencies: v.optional(v.array(v.unknown()), []) });
const labels = v.looseObject({
  config: v.looseObject({ Labels: v.looseObject({ 'io.buildpacks.buildpackage.metadata': v.string() }) }),
});
const metadataShape = v.looseObject({ id: v.string(), version: v.string() });

/**
 * Copies the buildpacks that the builder does not have into a directory of buildpacks.
 * @param store gets ID/VERSION for each; it need not exist
 * @throws OpError (input) for something that is not a buildpack; (tool) if the image of a buildpack cannot be read
 */
export async function installBuildpacks(
  context: Context,
  access: RegistryAccess,
  store: string,
  sources: readonly BuildpackSource[],
): Promise<readonly InstalledBuildpack[]> {
  const installed: InstalledBuildpack[] = [];
  for (const source of sources) installed.push({ source, module: await install(context, access, store, source) });
  return installed;
}

/** Links the builder's own buildpacks into the same directory: the detector looks in one directory only. */
export async function linkBuildpacks(store: string, builder: readonly ModuleRef[]): Promise<void> {
  for (const { id, version } of builder) {
    // The image chooses the names. Their characters are those of checkIdentity, with `_` for `/`.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/u.test(id) || !validVersion.test(version)) continue;
    const path = join(store, id, version);
    await mkdir(dirname(path), { recursive: true });
    await symlink(`/cnb/buildpacks/${id}/${version}`, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function install(
  context: Context,
  access: RegistryAccess,
  store: string,
  source: BuildpackSource,
): Promise<ModuleRef | undefined> {
  if (source.from === 'builder') return source.all ? undefined : source.module;
  if (source.from === 'script') return installScript(store, source);
  if (source.from === 'image') return installImage(context, access, store, source.image);
  return installDirectory(store, source.path);
}

async function installDirectory(store: string, directory: string): Promise<ModuleRef> {
  const text = await readOwnFile(directory, 'buildpack.toml');
  if (text === undefined) throw notABuildpack(directory, 'it has no buildpack.toml');
  const read = readToml(text, descriptorShape);
  if ('malformed' in read) throw notABuildpack(directory, `its buildpack.toml is malformed: ${read.malformed.why}`);
  const { id, version } = read.value.buildpack;
  const packed = (await readOwnFile(directory, 'package.toml')) ?? '';
  const dependencies = readToml(packed, packageShape);
  if ('value' in dependencies && dependencies.value.dependencies.length > 0) {
    throw notABuildpack(directory, 'its package.toml has dependencies, which op does not fetch');
  }
  checkIdentity(directory, { id, version });
  await copyInto(store, { id, version }, directory);
  return { id, version };
}

/** A file of a buildpack's directory. A link that leads out of that would show its target to whoever reads the error, or the build. */
async function readOwnFile(directory: string, name: string): Promise<string | undefined> {
  const path = await realpath(join(directory, name)).catch(() => undefined);
  if (path === undefined) return undefined;
  if (!within(await realpath(directory), path)) throw notABuildpack(directory, `its ${name} leads out of it`);
  return readUntrusted(path);
}

async function installImage(
  context: Context,
  access: RegistryAccess,
  store: string,
  image: Reference,
): Promise<ModuleRef> {
  const name = formatReference(image);
  const described = parseJson(labels, await imageConfig(context, access, image));
  const label = described?.config.Labels['io.buildpacks.buildpackage.metadata'];
  if (label === undefined) throw notABuildpack(name, 'it has no label io.buildpacks.buildpackage.metadata');
  const main = parseJson(metadataShape, label);
  if (main === undefined) {
    throw notABuildpack(name, 'its label io.buildpacks.buildpackage.metadata is not JSON with an id and a version');
  }
  checkIdentity(name, main);
  await using temporary = await makePrivateDirectory(context, 'buildpack');
  const root = join(temporary.path, 'root');
  await unpackImage(context, access, image, root, ['cnb/buildpacks']);
  const modules = await directoriesIn(name, root, 'cnb/buildpacks');
  for (const id of modules) {
    for (const version of await directoriesIn(name, root, `cnb/buildpacks/${id}`)) {
      await copyInto(store, { id, version }, join(root, 'cnb/buildpacks', id, version));
    }
  }
  return { id: main.id, version: main.version };
}

/**
 * The directories in a directory of an unpacked image. A symbolic link on the path or in it is refused: it could lead to files of this
 * machine, and these would be copied to where buildpacks can read them.
 */
async function directoriesIn(image: string, root: string, path: string): Promise<readonly string[]> {
  const directory = join(root, path);
  const real = await realpath(directory).catch(() => undefined);
  if (real !== join(await realpath(root), path))
    throw notABuildpack(image, `its /${path} is missing or a symbolic link`);
  const entries = await readdir(directory, { withFileTypes: true });
  const other = entries.find((entry) => !entry.isDirectory());
  if (other !== undefined) throw notABuildpack(image, `its /${path}/${other.name} is not a directory`);
  return entries.map(({ name }) => name);
}

async function copyInto(store: string, module: ModuleRef, from: string): Promise<void> {
  await copyTree(from, await makePlace(store, module, from));
}

/**
 * Makes the directory of a buildpack. Never one that another buildpack has already: its files may be links, and what is written there would
 * go to where they lead.
 */
async function makePlace(store: string, { id, version }: ModuleRef, from: string): Promise<string> {
  const path = join(store, escapeId(id), version);
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? namedTwice(from, { id, version }) : error;
  });
  return path;
}

/** Source: pack 0.37, pkg/client/build.go, createInlineBuildpack. */
async function installScript(
  store: string,
  { id, version, script }: Extract<BuildpackSource, { from: 'script' }>,
): Promise<ModuleRef> {
  checkIdentity(id || 'a script of project.toml', { id, version });
  const directory = await makePlace(store, { id, version }, 'a script of project.toml');
  const files = {
    'buildpack.toml': `api = ${JSON.stringify(script.api)}\n[buildpack]\nid = ${JSON.stringify(id)}\nversion = ${JSON.stringify(version)}\n[[targets]]\nos = "linux"\n`,
    'bin/detect': `#!${script.shell}\n\nexit 0\n`,
    'bin/build': `#!${script.shell}\n\n${script.inline}\n`,
  };
  await mkdir(join(directory, 'bin'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, name), content);
    await chmod(join(directory, name), name.startsWith('bin/') ? 0o755 : 0o644);
  }
  return { id, version };
}

const validVersion = /^[0-9][A-Za-z0-9.+-]*$/u;

/**
 * Both become names of directories, and repositories choose them. Source: buildpacks/spec, buildpack.md: an ID has letters, digits, `.`,
 * `/` and `-`; a version is X.Y.Z, here with the other characters of semantic versions.
 * @throws OpError (input)
 */
function checkIdentity(name: string, { id, version }: ModuleRef): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9./-]*$/u.test(id)) {
    throw notABuildpack(
      name,
      `the ID ${JSON.stringify(id)} is invalid: only letters, digits, ".", "/" and "-" are allowed`,
    );
  }
  if (validVersion.test(version)) return;
  throw notABuildpack(name, `the version ${JSON.stringify(version)} is invalid: use a version such as 1.0.0`);
}

const namedTwice = (from: string, { id, version }: ModuleRef) =>
  inputError({
    what: `cannot use the buildpack ${id}@${version} of ${from}`,
    why: 'another one with this ID and version is used already',
    hint: 'name each buildpack once, or give one of them another version',
  });

const notABuildpack = (name: string, why: string) =>
  inputError({
    what: `${name} is not a buildpack`,
    why,
    hint: 'use a directory with buildpack.toml, bin/detect and bin/build, or the image of a buildpack',
  });
