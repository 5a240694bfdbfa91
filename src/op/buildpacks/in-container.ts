import { join } from 'node:path';
import type { Context } from '../context.js';
import { toolError } from '../errors/op-error.js';
import { makePrivateDirectory } from '../files/private-directory.js';
import { failureOf, run } from '../process/run.js';
import type { Access } from '../registry/crane.js';
import { type Builder, readBuilder } from './builder.js';
import { companionIsThere, runInContainer, stopAll } from './companion.js';
import { inside, user } from './inside.js';
import { readShared } from './read-shared.js';
import { clearVolumes, lendLayers, ownLayers, takeLayersBack } from './shared-volumes.js';
import { withUsualUmask } from './umask.js';
import type { Invocation, Workshop } from './workshop.js';

/**
 * Containers by their shared directory: what is known of each was read before anything ran in it that could write there, and each can
 * build one image at a time.
 */
const builders = new Map<string, Promise<Builder>>();
const turns = new Map<string, Promise<unknown>>();

/** Programs of images leave files behind, and no image may find those of another. */
const cleaning = 'rm -rf /tmp/* /tmp/.[!.]* /tmp/..?* "$HOME"/* "$HOME"/.[!.]* "$HOME"/..?*';

/** What the container says of its image. @throws OpError (input) when it has no builder in it */
export function containerBuilder(directory: string, image: string): Promise<Builder> {
  const known = builders.get(directory);
  if (known !== undefined) return known;
  const reading = readAbout(join(directory, 'about'), image);
  builders.set(directory, reading);
  return reading;
}

/** Builds in the container of the builder that runs beside op in a pod. */
export function inContainer<T>(
  context: Context,
  access: Access,
  place: { readonly directory: string; readonly builder: string },
  act: (workshop: Workshop) => Promise<T>,
): Promise<T> {
  const before = turns.get(place.directory) ?? Promise.resolve();
  const mine = before.catch(() => undefined).then(() => alone(context, access, place, act));
  turns.set(place.directory, mine);
  return mine;
}

async function alone<T>(
  context: Context,
  access: Access,
  { directory, builder: image }: { readonly directory: string; readonly builder: string },
  act: (workshop: Workshop) => Promise<T>,
): Promise<T> {
  context.signal.throwIfAborted();
  if (!(await companionIsThere(context, directory))) throw notStarted(image);
  const builder = await containerBuilder(directory, image);
  await stopAll(context, directory);
  await clearVolumes(context, directory);
  const inThere = (during: Context, env: Invocation['env'], argv: readonly string[], onLine: Invocation['onLine']) => {
    const variables = Object.entries({ ...env, HOME: inside.home }).map(([name, value = '']) => `${name}=${value}`);
    return runInContainer(during, directory, ['env', ...variables, ...argv], onLine);
  };
  await inThere(context, {}, ['/bin/sh', '-c', cleaning], () => {});
  const { path, dispose } = await makePrivateDirectory(context, 'buildpacks');
  try {
    return await act({
      builder,
      app: inside.app,
      layers: ownLayers,
      exchange: directory,
      private: path,
      user: process.getuid?.() ?? user,
      group: process.getgid?.() ?? user,
      inBuilder: async (during, { argv, env, onLine }) => {
        await lendLayers(during);
        // Also when op is told to stop: nothing may go on there, nor change what op reads next.
        const stop = () => stopAll({ ...during, signal: new AbortController().signal }, directory);
        const exitCode = await inThere(during, env, argv, onLine).catch(async (error: unknown) => {
          await stop().catch(() => undefined);
          throw error;
        });
        await stop();
        await takeLayersBack(during);
        return exitCode;
      },
      beside: (during, invocation) => beside(during, access, path, invocation),
    });
  } finally {
    await dispose();
  }
}

async function readAbout(about: string, image: string): Promise<Builder> {
  const listed = await readShared(join(about, 'buildpacks.list'));
  return readBuilder(image, {
    read: (name) => readShared(join(about, name)),
    buildpacks: (listed ?? '').split('\n').flatMap((path) => /^\/cnb\/buildpacks\/(.+)$/u.exec(path)?.[1] ?? []),
  });
}

async function beside(context: Context, access: Access, directory: string, { argv, env, onLine }: Invocation) {
  const [program = '', ...args] = withUsualUmask(argv);
  const command = {
    program,
    args,
    env: { ...access.env, ...env, TMPDIR: directory },
    keepOutput: false,
    onLine,
  };
  const ended = await run(context, command);
  if (ended.exitCode !== undefined && ended.ended !== 'missing') return ended.exitCode;
  throw failureOf(command, ended, { what: 'cannot run a phase of the build', todo: 'run op doctor' });
}

const notStarted = (image: string) =>
  toolError({
    what: `the container of the builder ${image} did not start`,
    why: 'nothing in it answered within 30 s: the image may have no /bin/sh, cp, mv or mkfifo, or its container ended',
    todo: 'look at the container builder of this pod: kubectl describe pod and kubectl logs --container=sidecar-builder',
  });
