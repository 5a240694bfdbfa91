import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join, normalize, resolve } from 'node:path';
import type { Context } from '../../op/context.js';
import { OpError, refusedError } from '../../op/kit/errors/op-error.js';
import { findProgram } from '../../op/kit/process/find-program.js';
import type { Isolation, TaskRunRequest } from '../contract.js';
import { type Held, hold, WalkError, walk } from '../workspaces/walk.js';
import { busyboxShell, type Shell, shForAsh } from './busybox-shell.js';
import { usesStore } from './cluster-token.js';
import { credentialFiles, writeCredentials } from './credentials.js';
import { type Environment, environmentOf, podName } from './environment.js';
import { type Hidden, hiddenFromSteps } from './hidden.js';
import { thisMachine } from './host-image.js';
import {
  isProbedByCommand,
  type Mount,
  makeDirectories,
  mountsOfSidecar,
  mountsOfStep,
  onThisMachine,
} from './mounts.js';
import { defaultPath, type OwnImage, ownImageArguments, userOf } from './own-image.js';
import { type OpenMounts, openMounts, openSource } from './places.js';
import { placePaths, podPaths, sidecarContainer, stepContainer } from './pod-paths.js';
import { bindsDescriptors, sandboxArguments } from './sandbox.js';
import { expandAll } from './step-references.js';
import { type Sidecar, type Spec, type Step, withTemplate } from './task-spec.js';

/** A step or sidecar, ready to start but for results of earlier steps. */
export interface Container<Definition extends Step | Sidecar> {
  /** `step-NAME` or `sidecar-NAME`. */
  readonly name: string;
  readonly label: string;
  readonly image: string;
  readonly definition: Definition;
  readonly command: readonly string[];
  readonly script: string | undefined;
  readonly env: Environment;
  readonly workingDirectory: string;
  readonly mounts: readonly Mount[];
  /** `undefined` where this machine stands for the image. */
  readonly own: OwnImage | undefined;
  /** The program bubblewrap of this machine. */
  readonly bwrap: string;
  /** Whether bubblewrap mounts what it gets open; it is found out where a mount needs it. */
  readonly bindsDescriptors: boolean;
  readonly hidden: Hidden;
}

export interface Containers {
  readonly steps: readonly Container<Step>[];
  readonly sidecars: readonly Container<Sidecar>[];
}

/** Makes all that a pod would have when its containers start: directories, scripts, mounts, environments. */
export async function makeContainers(
  context: Context,
  request: TaskRunRequest,
  spec: Spec,
  isolation: Isolation,
): Promise<Containers> {
  const steps = spec.steps.map((step, index) => ({ name: stepContainer(step.name, index), step }));
  const sidecars = (spec.sidecars ?? []).map((sidecar) => ({ name: sidecarContainer(sidecar.name), sidecar }));
  await makeDirectories(
    request,
    spec,
    [...steps, ...sidecars].map(({ name }) => name),
  );
  const path = context.env.PATH ?? '';
  const hidden = await hiddenFromSteps(context, request.state);
  const make = async <Definition extends Step | Sidecar>(
    name: string,
    given: Definition,
    declared: readonly Mount[],
    scriptName: string,
  ): Promise<Container<Definition>> => {
    const own = await ownImage(context, request, name, given);
    const inShell = () => busyboxShell(given.image ?? '', context.env.PATH, join(request.directory, 'shell'));
    const shell = own === undefined ? await inShell() : undefined;
    const mounts = [...declared, ...(shell?.mounts ?? [])];
    const place = (path: string) => (isolation === 'namespaces' ? path : onThisMachine(mounts, path));
    const definition = placePaths(given, place);
    const basic = basicEnvironment(context, request, own, place, shell);
    const env = { ...basic, ...storeOf(request, definition), ...(await environmentOf(definition, request)) };
    if (own === undefined) await placeCredentials(request, name, place, mounts, env.HOME);
    const script = await writeScript(
      request,
      scriptName,
      shell && definition.script ? shForAsh(definition.script) : definition.script,
    );
    const command =
      script === undefined ? commandOf(request, name, definition, own) : [place(`${podPaths.scripts}/${scriptName}`)];
    const args = definition.args ?? (script || definition.command?.length ? [] : (own?.image.cmd ?? []));
    const image = definition.image ?? '';
    return {
      name,
      label: labelOf(name),
      image: own === undefined ? image : `${image.replace(/@.*$/u, '')}@${own.image.digest}`,
      definition,
      command: expandAll([...(shell ? command.map(shForAsh) : command), ...args], env),
      script,
      env,
      workingDirectory: await makeWorkingDirectory(mounts, definition.workingDir || own?.image.workingDir, isolation),
      mounts,
      own,
      bwrap: findProgram('bwrap', context.env.PATH) ?? 'bwrap',
      bindsDescriptors: mounts.some(({ volume }) => volume !== undefined) && (await bindsDescriptors(context)),
      hidden,
    };
  };
  return {
    steps: await Promise.all(
      steps.map(async ({ name, step }, index) => {
        const merged = withTemplate(step, spec.stepTemplate);
        return make(name, merged, mountsOfStep(request, spec, merged, name, path), `script-${index}`);
      }),
    ),
    sidecars: await Promise.all(
      sidecars.map(async ({ name, sidecar }, index) =>
        make(name, sidecar, mountsOfSidecar(request, spec, sidecar, name, path), `sidecar-script-${index}`),
      ),
    ),
  };
}

const labelOf = (container: string) => container.replace(/^(?:step|sidecar)-/u, '');

/** @returns undefined where this machine stands for the image */
async function ownImage(
  context: Context,
  request: TaskRunRequest,
  name: string,
  { image = '', securityContext: { runAsUser: uid, runAsGroup: gid } = {} }: Step | Sidecar,
): Promise<OwnImage | undefined> {
  if (request.fakeOf?.({ name: labelOf(name), image }) !== undefined) return undefined;
  if (request.fetchImage === undefined || (request.hostImage ?? thisMachine())(image) !== undefined) return undefined;
  const fetched = await request.fetchImage(context, image).catch((error: unknown) => {
    throw error instanceof OpError ? new ImageNotPulled(name, image, error) : error;
  });
  const user = await userOf(fetched, { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) });
  return { image: fetched, root: join(rootsOf(request), name), user };
}

/** The image of a container cannot be had. On a cluster the TaskRun fails, and nothing else. */
export class ImageNotPulled extends Error {
  readonly container: string;
  readonly image: string;
  constructor(container: string, image: string, cause: OpError) {
    super(`${cause.message}: ${cause.why}`, { cause });
    this.container = container;
    this.image = image;
  }
}

/** Where the containers of a TaskRun have the files of their images. */
export const rootsOf = ({ directory }: TaskRunRequest): string => join(directory, 'roots');

/** What a container has without being asked: of this machine, the programs; of an image, its variables. */
function basicEnvironment(
  { env }: Context,
  request: TaskRunRequest,
  own: OwnImage | undefined,
  place: (path: string) => string,
  shell: Shell | undefined,
): Environment {
  const kept = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'];
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
  const taken = (own === undefined ? [...kept, ...proxies] : proxies).flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  if (own !== undefined) {
    const { image, user } = own;
    return {
      PATH: defaultPath,
      HOME: user.home,
      ...Object.fromEntries(taken),
      ...image.env,
      HOSTNAME: podName(request),
    };
  }
  return {
    ...Object.fromEntries(taken),
    ...(shell && { PATH: [place(shell.path), env.PATH].filter(Boolean).join(delimiter) }),
    HOME: place(podPaths.home),
    HOSTNAME: podName(request),
    OP_LOCAL: 'true',
    ...(place('/tmp') === '/tmp' ? {} : { TMPDIR: place('/tmp') }),
  };
}

/** Where op keeps image info and locks, for steps that run it. */
const storeOf = ({ store }: TaskRunRequest, definition: Step | Sidecar): Environment =>
  store === undefined || !usesStore(definition) ? {} : { OP_STORE: `directory:${store}` };

/** Source: CopyCredsToHome, pkg/credentials/writer. A sidecar has no credentials. */
async function placeCredentials(
  { credentials = [], directory }: TaskRunRequest,
  container: string,
  place: (path: string) => string,
  mounts: readonly Mount[],
  home = '',
): Promise<void> {
  if (credentials.length === 0 || container.startsWith('sidecar-')) return;
  const files = credentialFiles(credentials, place(podPaths.credentials));
  using own = hold(join(directory, 'creds', container));
  writeCredentials(files, own);
  const path = normalize(home);
  const mount = mounts.findLast((one) => path === one.path || path.startsWith(`${one.path}/`));
  // A HOME that is no mount is a directory of this machine, which no step writes to.
  if (mount === undefined && !path.startsWith(`${directory}/`)) return;
  if (mount?.readOnly) return;
  if (mount === undefined) await mkdir(path, { recursive: true });
  using top = mount === undefined ? hold(path) : openSource(mount);
  using here = homeIn(top, mount === undefined ? '' : path.slice(mount.path.length));
  if (here !== undefined) writeCredentials(files, here);
}

/** HOME in a mount, where links lead where they lead in it; undefined if it cannot be. */
function homeIn(top: Held, path: string): Held | undefined {
  try {
    return walk(top, path, { links: 'stay', make: 'directory' });
  } catch (error) {
    if (error instanceof WalkError) return undefined;
    throw error;
  }
}

/** Writes a script as Tekton's place-scripts does. @returns its text */
async function writeScript(
  { directory }: TaskRunRequest,
  name: string,
  script: string | undefined,
): Promise<string | undefined> {
  if (!script) return undefined;
  const text = script.trim().startsWith('#!') ? script : `#!/bin/sh\nset -e\n${script}`;
  const file = join(directory, 'scripts', name);
  await writeFile(file, text);
  await chmod(file, 0o755);
  return text;
}

/** @throws OpError (refused) if the image would have to say what it runs */
function commandOf(
  request: TaskRunRequest,
  container: string,
  { image = '', command = [], args = [] }: Step | Sidecar,
  own: OwnImage | undefined,
): readonly string[] {
  if (command.length > 0) return command;
  if (request.fakeOf?.({ name: labelOf(container), image }) !== undefined) return [];
  const { entrypoint } = own?.image ?? (request.hostImage ?? thisMachine())(image) ?? {};
  const startable = own === undefined || [...own.image.entrypoint, ...own.image.cmd, ...args].length > 0;
  if (entrypoint !== undefined && startable) return entrypoint;
  throw refusedError({
    what: `a step runs the ENTRYPOINT of ${image}`,
    why: 'it has neither command nor script, and this machine does not know what that image runs',
    hint: 'give the step a command',
  });
}

async function makeWorkingDirectory(
  mounts: readonly Mount[],
  given: string | undefined,
  isolation: Isolation,
): Promise<string> {
  const path = given ? resolve(podPaths.workspace, given) : '/';
  const here = onThisMachine(mounts, path);
  // bwrap makes it inside: out here, a link in a workspace would lead somewhere else.
  if (isolation === 'namespaces') return path;
  if (here !== path) await mkdir(here, { recursive: true }).catch(() => undefined);
  return given ? here : onThisMachine(mounts, podPaths.workspace);
}

/** How a command is run in a container. */
export interface Invocation {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** What bwrap gets open, with the numbers that the arguments name. They are closed when it has made its view. */
  readonly open: Disposable & Pick<OpenMounts, 'descriptors'>;
}

/** The first number of what bwrap gets open: {@link startProcess} uses those before it. */
const firstDescriptor = 5;

/**
 * The program and arguments that run a command in a container.
 * @param running whether the container runs already
 * @param first the number of the first descriptor that bwrap gets
 * @param most how many it can get
 */
export async function invocation(
  { name, definition, mounts, workingDirectory, own, bwrap, bindsDescriptors, hidden }: Container<Step | Sidecar>,
  [program = '', ...args]: readonly string[],
  isolation: Isolation,
  { running = false, first = firstDescriptor, most = 1000 }: { running?: boolean; first?: number; most?: number } = {},
): Promise<Invocation> {
  if (isolation === 'variables') {
    return { program, args, cwd: workingDirectory, open: { descriptors: [], [Symbol.dispose]: () => undefined } };
  }
  const open = openMounts(mounts, first, bindsDescriptors ? most : 0);
  try {
    // In a pod, the first process of a step is Tekton's entrypoint, and that of a sidecar its own.
    const firstProcess = name.startsWith('sidecar-') ? 'program' : 'init';
    const sandbox =
      own === undefined
        ? sandboxArguments(open.mounts, workingDirectory, hidden, firstProcess)
        : await ownImageArguments(own, open.mounts, workingDirectory, {
            ...{ firstProcess, running },
            probed: isProbedByCommand(definition),
          });
    return { program: bwrap, args: [...sandbox, program, ...args], cwd: '/', open };
  } catch (error) {
    open[Symbol.dispose]();
    throw error;
  }
}
