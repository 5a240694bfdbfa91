import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../../context.js';
import { pathInImage } from '../../../kit/files/image-path.js';
import { makePrivateDirectory } from '../../../kit/files/private-directory.js';
import { removeTree } from '../../../kit/files/remove-tree.js';
import { failureOf, run } from '../../../kit/process/run.js';
import type { RegistryAccess } from '../../../systems/registry/crane.js';
import { readUntrusted, refuseSymbolicLinks } from '../files/untrusted-files.js';
import { readBuilder } from '../specification/builder.js';
import { getBuilder } from './builder-image.js';
import { builderArguments, type Directories, trustedArguments } from './bwrap.js';
import type { Invocation, PhaseRunner } from './phase-runner.js';
import { phasePaths, phaseUser, withUsualUmask } from './phase-runner.js';

/** The proxy settings that programs need to reach the internet; pack passes on the same. */
const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** Builds in namespaces on this machine: the builder's file system is unpacked once per digest. */
export async function inNamespaces<T>(
  context: Context,
  access: RegistryAccess,
  cache: string,
  image: string,
  act: (runner: PhaseRunner) => Promise<T>,
): Promise<T> {
  const { root, env } = await getBuilder(context, access, cache, image);
  const builder = await readBuilder(image, {
    read: async (name) => {
      const path = await pathInImage(root, join('cnb', name === 'lifecycle.toml' ? `lifecycle/${name}` : name));
      return path && readUntrusted(path);
    },
    buildpacks: await listBuildpacks(root),
  });
  await using temporary = await makePrivateDirectory(context, 'buildpacks');
  // First: a plain removal fails on the read-only caches of some languages.
  await using _contents = { [Symbol.asyncDispose]: () => removeTree(context, temporary.path) };
  const directories = await makeDirectories(temporary.path);
  const own = Object.fromEntries(proxies.map((name) => [name, context.env[name]]));
  return await act({
    builder,
    ...directories,
    user: phaseUser,
    group: phaseUser,
    runInBuilder: async (during, { argv, env: more, onLine }) => {
      const view = builderArguments(root, directories, { ...env, ...own, ...more, HOME: phasePaths.home });
      const exitCode = await inSandbox(during, { argv: [...view, ...withUsualUmask(argv)], env: {}, onLine });
      await refuseSymbolicLinks(directories.layers);
      return exitCode;
    },
    runTrusted: async (during, { argv, env: more, onLine }) => {
      const view = await trustedArguments(directories);
      // Layers are packed there: they may be too large for a /tmp in memory.
      return inSandbox(during, {
        argv: [...view, ...withUsualUmask(argv)],
        env: { ...access.env, ...more, TMPDIR: directories.private },
        onLine,
      });
    },
  });
}

async function makeDirectories(path: string): Promise<Directories> {
  const make = async (name: string, mode: number) => {
    await mkdir(join(path, name));
    await chmod(join(path, name), mode);
    return join(path, name);
  };
  return {
    // As on a volume of a pod with fsGroup: the directory itself is part of the application's layer.
    app: await make('app', 0o2777),
    layers: await make('layers', 0o755),
    exchange: await make('exchange', 0o755),
    home: await make('home', 0o755),
    temporary: await make('temporary', 0o1777),
    private: await make('private', 0o700),
  };
}

async function inSandbox(context: Context, { argv, env, onLine }: Invocation): Promise<number> {
  const command = { program: 'bwrap', args: argv, env, keepOutput: false, onLine };
  const ended = await run(context, command);
  if (ended.exitCode !== undefined && ended.ended !== 'missing') return ended.exitCode;
  throw failureOf(command, ended, { what: 'cannot run a phase of the build', hint: 'run op doctor' });
}

/** The buildpacks in /cnb/buildpacks of an unpacked image, as `ID/VERSION`. */
async function listBuildpacks(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const id of await namesIn(root, 'cnb/buildpacks')) {
    for (const version of await namesIn(root, join('cnb/buildpacks', id))) found.push(`${id}/${version}`);
  }
  return found;
}

async function namesIn(root: string, path: string): Promise<readonly string[]> {
  const directory = await pathInImage(root, path);
  return directory === undefined ? [] : readdir(directory).catch(() => []);
}
