import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { failureOf, run } from '../../kit/process/run.js';
import type { Access } from '../../systems/registry/crane.js';
import { readBuilder } from './builder.js';
import { getBuilder } from './builder-image.js';
import { inside, user } from './inside.js';
import { beside, type Directories, inBuilder } from './sandbox.js';
import { refuseLinks } from './settle.js';
import { withUsualUmask } from './umask.js';
import { removeTree } from './unpack.js';
import type { Invocation, Workshop } from './workshop.js';

/** What programs need to know to get out of this network; the same that pack hands on. */
const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** Builds in namespaces of this machine: the builder's file system is unpacked once for each digest. */
export async function inNamespaces<T>(
  context: Context,
  access: Access,
  cache: string,
  image: string,
  act: (workshop: Workshop) => Promise<T>,
): Promise<T> {
  const { root, env } = await getBuilder(context, access, cache, image);
  const builder = await readBuilder(image, {
    read: (name) =>
      readFile(join(root, 'cnb', name === 'lifecycle.toml' ? `lifecycle/${name}` : name), 'utf8').catch(
        () => undefined,
      ),
    buildpacks: await modules(join(root, 'cnb/buildpacks')),
  });
  const { path, dispose } = await makePrivateDirectory(context, 'buildpacks');
  try {
    const directories = await makeDirectories(path);
    const own = Object.fromEntries(proxies.map((name) => [name, context.env[name]]));
    return await act({
      builder,
      ...directories,
      user,
      group: user,
      inBuilder: async (during, { argv, env: more, onLine }) => {
        const view = inBuilder(root, directories, { ...env, ...own, ...more, HOME: inside.home });
        const exitCode = await inSandbox(during, { argv: [...view, ...withUsualUmask(argv)], env: {}, onLine });
        await refuseLinks(directories.layers);
        return exitCode;
      },
      beside: async (during, { argv, env: more, onLine }) => {
        const view = await beside(directories);
        // Layers are packed there: too much for a /tmp in memory.
        return inSandbox(during, {
          argv: [...view, ...withUsualUmask(argv)],
          env: { ...access.env, ...more, TMPDIR: directories.private },
          onLine,
        });
      },
    });
  } finally {
    await removeTree(context, path);
    await dispose();
  }
}

async function makeDirectories(path: string): Promise<Directories> {
  const make = async (name: string, mode: number) => {
    await mkdir(join(path, name));
    await chmod(join(path, name), mode);
    return join(path, name);
  };
  return {
    // As a volume of a pod with fsGroup has it: the directory itself is part of the application's layer.
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

/** `ID/VERSION` of what is in /cnb/buildpacks. */
async function modules(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const id of await readdir(directory).catch(() => [])) {
    for (const version of await readdir(join(directory, id)).catch(() => [])) found.push(`${id}/${version}`);
  }
  return found;
}
