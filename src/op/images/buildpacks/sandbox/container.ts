import { join } from 'node:path';
import type { Context } from '../../../context.js';
import { toolError } from '../../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../../kit/files/private-directory.js';
import { failureOf, run } from '../../../kit/process/run.js';
import type { RegistryAccess } from '../../../systems/registry/crane.js';
import { readUntrusted } from '../files/untrusted-files.js';
import { type Builder, readBuilder } from '../specification/builder.js';
import { type BuilderAgent, runInContainer, stopAll, waitForAgent } from './builder-agent.js';
import { type Invocation, type PhaseRunner, phasePaths, phaseUser, withUsualUmask } from './phase-runner.js';
import { clearVolumes, lendLayers, ownLayers, takeLayersBack } from './shared-volumes.js';

/** The kind `container` of a BuilderHost. */
interface ContainerHost {
  readonly directory: string;
  readonly builder: string;
}

/** The state of a container while op uses it. */
interface Container {
  /** Read before anything that could change it runs there. */
  readonly builder: Promise<Builder>;
  readonly agent: BuilderAgent;
  /** It builds one image at a time: this promise ends with the last image in the queue. */
  turn: Promise<unknown>;
}

/** Kept outside the host, which is a plain value that all images of a run share. */
const containers = new WeakMap<ContainerHost, Container>();

/** Builds leave files behind, and no image may see those of another. The caches of some languages are read-only. */
const cleaning = [
  // The directories themselves belong to other users, and are left alone.
  'chmod -R u+rwX /tmp "$HOME" /dev/shm 2>/dev/null',
  'rm -rf /tmp/* /tmp/.[!.]* /tmp/..?* "$HOME"/* "$HOME"/.[!.]* "$HOME"/..?* /dev/shm/* /dev/shm/.[!.]* /dev/shm/..?*',
].join('; ');

/** The builder in the container. @throws OpError (input) if its image is not a builder; (tool) if its agent refuses to run */
export const containerBuilder = (host: ContainerHost): Promise<Builder> => containerAt(host).builder;

function containerAt(host: ContainerHost): Container {
  const known = containers.get(host);
  if (known !== undefined) return known;
  const { directory, builder } = host;
  const container: Container = {
    builder: readAbout(join(directory, 'about'), builder),
    agent: { directory, key: undefined },
    turn: Promise.resolve(),
  };
  containers.set(host, container);
  return container;
}

/** Builds in the builder's container, which runs next to op in a pod. */
export function inContainer<T>(
  context: Context,
  access: RegistryAccess,
  host: ContainerHost,
  act: (runner: PhaseRunner) => Promise<T>,
): Promise<T> {
  const container = containerAt(host);
  const mine = container.turn.catch(() => undefined).then(() => buildAlone(context, access, host, act));
  container.turn = mine;
  return mine;
}

async function buildAlone<T>(
  context: Context,
  access: RegistryAccess,
  host: ContainerHost,
  act: (runner: PhaseRunner) => Promise<T>,
): Promise<T> {
  context.signal.throwIfAborted();
  const { directory } = host;
  if (!(await waitForAgent(context, directory))) throw notStarted(host.builder);
  const { agent, builder: known } = containerAt(host);
  const builder = await known;
  await stopAll(context, agent);
  await clearVolumes(context, directory);
  const inBuilder = (
    during: Context,
    env: Invocation['env'],
    argv: readonly string[],
    onLine: Invocation['onLine'],
  ) => {
    const variables = Object.entries({ ...env, HOME: phasePaths.home }).map(([name, value = '']) => `${name}=${value}`);
    return runInContainer(during, agent, ['env', ...variables, ...argv], onLine);
  };
  const output: string[] = [];
  const cleaningCode = await inBuilder(context, {}, ['/bin/sh', '-c', cleaning], (line) => output.push(line));
  if (cleaningCode !== 0) throw notClean(output);
  await using temporary = await makePrivateDirectory(context, 'buildpacks');
  return await act({
    builder,
    app: phasePaths.app,
    layers: ownLayers,
    exchange: directory,
    private: temporary.path,
    user: process.getuid?.() ?? phaseUser,
    group: process.getgid?.() ?? phaseUser,
    runInBuilder: async (during, { argv, env, onLine }) => {
      await lendLayers(during);
      // Even if op is being stopped: nothing may keep running there and change what op reads next.
      const stop = () => stopAll({ ...during, signal: new AbortController().signal }, agent);
      const exitCode = await inBuilder(during, env, argv, onLine).catch(async (error: unknown) => {
        await stop().catch(() => undefined);
        throw error;
      });
      await stop();
      await takeLayersBack(during);
      return exitCode;
    },
    runTrusted: (during, invocation) => runTrusted(during, access, temporary.path, invocation),
  });
}

async function readAbout(about: string, image: string): Promise<Builder> {
  const refusal = await readUntrusted(join(about, 'refusal'));
  if (refusal !== undefined) throw unprotected(image, refusal);
  const listed = await readUntrusted(join(about, 'buildpacks.list'));
  return readBuilder(image, {
    read: (name) => readUntrusted(join(about, name)),
    buildpacks: (listed ?? '').split('\n').flatMap((path) => /^\/cnb\/buildpacks\/(.+)$/u.exec(path)?.[1] ?? []),
  });
}

async function runTrusted(
  context: Context,
  access: RegistryAccess,
  directory: string,
  { argv, env, onLine }: Invocation,
) {
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

const notClean = (output: readonly string[]) =>
  toolError({
    what: "cannot remove the files that an earlier build left in the builder's container",
    why: output.slice(-3).join('\n') || 'chmod and rm printed nothing',
    hint: 'check what its buildpacks leave in /tmp, the home directory and /dev/shm, or build each image in a separate run',
  });

const notStarted = (image: string) =>
  toolError({
    what: `the container of the builder ${image} did not start`,
    why: 'it did not answer within 30 s: the image may lack /bin/sh, cp, mv, rm, chmod, mkdir or mkfifo, or its container ended',
    hint: 'check the container builder of this pod: kubectl describe pod and kubectl logs --container=sidecar-builder',
  });

const unprotected = (image: string, refusal: string) =>
  toolError({
    what: `the builder ${image} cannot build in this pod`,
    why: `its agent cannot hide its memory from the code of a build: ${refusal.trim() || 'its shell did not say why'}`,
    hint: 'use a builder whose user can copy /bin/sh to /builder and run the copy, on nodes whose sysctl fs.suid_dumpable is not 1',
  });
