import { join } from 'node:path';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { failureOf, run } from '../../kit/process/run.js';
import type { Access } from '../../systems/registry/crane.js';
import { type Builder, readBuilder } from './builder.js';
import { type Companion, companionIsThere, runInContainer, stopAll } from './companion.js';
import { inside, user } from './inside.js';
import { readShared } from './read-shared.js';
import { clearVolumes, lendLayers, ownLayers, takeLayersBack } from './shared-volumes.js';
import { withUsualUmask } from './umask.js';
import type { Invocation, Workshop } from './workshop.js';

/** The place that a container is, as findPlace has made it. */
interface ContainerPlace {
  readonly directory: string;
  readonly builder: string;
}

/** What op knows of a container besides. */
interface Container {
  /** Read before anything ran there that could write. */
  readonly builder: Promise<Builder>;
  readonly companion: Companion;
  /** It builds one image at a time: this ends with the last one that is wanted. */
  turn: Promise<unknown>;
}

/** By the place and not in it: a place is a plain value, and all images of a run share one. */
const containers = new WeakMap<ContainerPlace, Container>();

/** Programs of images leave files behind, and no image may find those of another. Caches of some languages are read-only. */
const cleaning = [
  // These directories themselves are others', and stay as they are.
  'chmod -R u+rwX /tmp "$HOME" /dev/shm 2>/dev/null',
  'rm -rf /tmp/* /tmp/.[!.]* /tmp/..?* "$HOME"/* "$HOME"/.[!.]* "$HOME"/..?* /dev/shm/* /dev/shm/.[!.]* /dev/shm/..?*',
].join('; ');

/** What the container says of its image. @throws OpError (input) when it has no builder in it */
export const containerBuilder = (place: ContainerPlace): Promise<Builder> => containerAt(place).builder;

function containerAt(place: ContainerPlace): Container {
  const known = containers.get(place);
  if (known !== undefined) return known;
  const { directory, builder } = place;
  const container: Container = {
    builder: readAbout(join(directory, 'about'), builder),
    companion: { directory, key: undefined },
    turn: Promise.resolve(),
  };
  containers.set(place, container);
  return container;
}

/** Builds in the container of the builder that runs beside op in a pod. */
export function inContainer<T>(
  context: Context,
  access: Access,
  place: ContainerPlace,
  act: (workshop: Workshop) => Promise<T>,
): Promise<T> {
  const container = containerAt(place);
  const mine = container.turn.catch(() => undefined).then(() => alone(context, access, place, act));
  container.turn = mine;
  return mine;
}

async function alone<T>(
  context: Context,
  access: Access,
  place: ContainerPlace,
  act: (workshop: Workshop) => Promise<T>,
): Promise<T> {
  context.signal.throwIfAborted();
  const { directory } = place;
  if (!(await companionIsThere(context, directory))) throw notStarted(place.builder);
  const { companion, builder: known } = containerAt(place);
  const builder = await known;
  await stopAll(context, companion);
  await clearVolumes(context, directory);
  const inThere = (during: Context, env: Invocation['env'], argv: readonly string[], onLine: Invocation['onLine']) => {
    const variables = Object.entries({ ...env, HOME: inside.home }).map(([name, value = '']) => `${name}=${value}`);
    return runInContainer(during, companion, ['env', ...variables, ...argv], onLine);
  };
  const said: string[] = [];
  const uncleaned = await inThere(context, {}, ['/bin/sh', '-c', cleaning], (line) => said.push(line));
  if (uncleaned !== 0) throw notClean(said);
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
        const stop = () => stopAll({ ...during, signal: new AbortController().signal }, companion);
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
  throw failureOf(command, ended, { what: 'cannot run a phase of the build', hint: 'run op doctor' });
}

const notClean = (said: readonly string[]) =>
  toolError({
    what: 'cannot take away what an image before has left in the container of the builder',
    why: said.slice(-3).join('\n') || 'chmod and rm say nothing',
    hint: 'look at what its buildpacks leave in /tmp, the home directory and /dev/shm, or build the images in runs of their own',
  });

const notStarted = (image: string) =>
  toolError({
    what: `the container of the builder ${image} did not start`,
    why: 'nothing in it answered within 30 s: the image may have no /bin/sh, cp, mv, rm or mkfifo, or its container ended',
    hint: 'look at the container builder of this pod: kubectl describe pod and kubectl logs --container=sidecar-builder',
  });
