import { access, constants, mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, refusedError, toolError, usageError } from '../../kit/errors/op-error.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { sleep } from '../../kit/process/sleep.js';
import { findEngine } from '../container-engine.js';
import { ensureCertificate, type RegistryCertificate, trustInstructions } from './certificates.js';
import { type FoundRegistry, findRegistry } from './find.js';
import type { StartRequest } from './options.js';
import { difference, hostPort, isAnswering, portState, type RegistrySettings, urlOf } from './registry.js';
import { containerName, imageLocation, removeContainer, startContainer } from './registry-container.js';
import { findRegistryProgram, startProcess, stopProcess } from './registry-process.js';
import { lockRegistry, type RegistryPaths, registryPaths } from './state-directory.js';

/**
 * Starts a registry on this machine, or says that it is already running; one of op's with other settings is replaced, its images stay.
 * @throws OpError (usage, input, tool, refused, deadline)
 */
export async function startRegistry(outer: Context, request: StartRequest): Promise<void> {
  checkAddress(request);
  const { port, listen, tls, image } = request;
  const paths = registryPaths(outer.env, port);
  using deadline = startDeadline(outer, request.timeout, {
    what: `the registry on port ${port} was not ready in time`,
    why: `it was allowed ${request.timeout / 1000} s`,
    hint: 'allow more with --timeout, or look above for what it was waiting for',
  });
  const { context } = deadline;
  await using _lock = await lockRegistry(context, paths.lock);
  const certificate = tls ? await ensureCertificate(context, paths, listen) : undefined;
  const wantedEngine = request.engine === 'process' ? 'auto' : request.engine;
  const found = await findRegistry(context, paths, port, wantedEngine);
  const data = request.data === undefined ? undefined : await makeDataDirectory(resolve(context.cwd, request.data));
  const wanted = { listen, port, tls: certificate?.fingerprint ?? null };
  const report = (verb: string, runner: string, images: string) =>
    reportRunning(
      context,
      request,
      certificate,
      `the registry ${verb}: ${urlOf(wanted)} (${runner}), images in ${images}`,
    );
  // A process stays one even when a Docker daemon is running by now: its images are in a directory, not in a volume.
  const preferProcess = found.process !== undefined || found.engine === undefined;
  if (request.engine === 'process' || (request.engine === 'auto' && preferProcess)) {
    const settings = { ...wanted, data: data ?? paths.data };
    const { process } = found;
    const problem = process && (await whyReplace(context, process, settings));
    if (process !== undefined && problem === undefined) {
      return report('is already running', `${process.program}, process ${process.pid}`, settings.data);
    }
    const program = await findRegistryProgram(context, tls);
    await removeOld(context, paths, request, found, { process: problem, container: 'a process was requested' });
    await checkPort(context, request);
    context.log.step(`starting ${program.name} on ${hostPort(listen, port)}, images in ${settings.data}`);
    const { pid } = await startProcess(context, paths, program, settings);
    return report('is running', `${program.name}, process ${pid}`, settings.data);
  }
  const settings = { ...wanted, data: data ?? null, image };
  const runner = `container ${containerName(port)}`;
  const problem = found.container && (await whyReplace(context, found.container, settings));
  if (found.container !== undefined && problem === undefined) {
    return report('is already running', runner, imageLocation(settings));
  }
  const engine = found.engine ?? (await findEngine(context, wantedEngine, 'cannot start a registry'));
  await removeOld(context, paths, request, found, { process: 'a container was requested', container: problem });
  await checkPort(context, request);
  context.log.step(`starting ${image} with ${engine.program} on ${hostPort(listen, port)}`);
  await startContainer(context, engine, paths, settings);
  report('is running', `${runner}, which restarts with ${engine.program}`, imageLocation(settings));
}

const privateAddress =
  /^(?:0\.0\.0\.0$|127\.|10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|::1?$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/iu;

function checkAddress({ listen, tls }: StartRequest): void {
  const hint = 'use an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all';
  if (isIP(listen) === 0) {
    throw usageError({ what: `--listen=${listen} is not an address`, why: 'it must be an IP address', hint });
  }
  if (!tls || privateAddress.test(listen)) return;
  const why = "op's certificate authority is limited to this machine and private networks";
  throw usageError({ what: `--tls cannot be used with --listen=${listen}`, why, hint });
}

/** @throws OpError (input) when it cannot be made, or written to */
async function makeDataDirectory(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
    return path;
  } catch (cause) {
    throw inputError({
      what: `cannot keep images in ${path}`,
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'name a directory that this user can write to with --data, or omit it',
      cause,
    });
  }
}

async function whyReplace(
  context: Context,
  { running, settings }: { readonly running: boolean; readonly settings: RegistrySettings | undefined },
  wanted: RegistrySettings,
): Promise<string | undefined> {
  if (settings === undefined) return 'op did not create it';
  if (!running) return 'it is not running';
  return difference(settings, wanted) ?? ((await isAnswering(context, wanted)) ? undefined : 'it does not answer');
}

/**
 * Removes the registry that was found on the port, with a reason for each kind; its images stay.
 * @throws OpError (refused) for a container that op did not create, without `--replace`
 */
async function removeOld(
  context: Context,
  paths: RegistryPaths,
  { replace }: StartRequest,
  { engine, container, process }: FoundRegistry,
  why: Readonly<Record<'process' | 'container', string | undefined>>,
): Promise<void> {
  if (engine !== undefined && container !== undefined && container.settings === undefined && !replace) {
    throw refusedError({
      what: `op did not create the container ${container.name}`,
      why: `its image is ${container.image}, and it does not have op's labels`,
      hint: `remove it (${engine.program} rm --force ${container.name}), or let op remove it with --replace`,
    });
  }
  if (process !== undefined) {
    const { pid, running, settings } = process;
    if (running) context.log.step(`replacing process ${pid}: ${why.process}; its images stay in ${settings.data}`);
    else context.log.step(`the registry, process ${pid}, ended unexpectedly: starting it again`);
    await stopProcess(context, paths, process);
  }
  if (engine !== undefined && container !== undefined) {
    const images = container.settings && `; its images stay in ${imageLocation(container.settings)}`;
    context.log.step(`replacing the container ${container.name}: ${why.container}${images ?? ''}`);
    await removeContainer(context, engine, container.name);
  }
}

/** @throws OpError (tool) when something else listens on the port; (usage) for a port or an address that this user cannot have */
async function checkPort(context: Context, { listen, port }: StartRequest): Promise<void> {
  let state = await portState(listen, port);
  // A registry that was just stopped may hold the port for another moment.
  for (let attempt = 0; state === 'taken' && attempt < 10; attempt++) {
    await sleep(context, 50);
    state = await portState(listen, port);
  }
  const address = hostPort(listen, port);
  if (state === 'taken') {
    const answering = await isAnswering(context, { listen, port, tls: null });
    throw toolError({
      what: `port ${port} is taken`,
      why: `a program that op did not start is listening on ${address}`,
      hint: `${answering ? 'a registry answers there: use it, or ' : ''}choose another port with --port; to see which program it is: ss -ltnp`,
    });
  }
  if (state === 'free') return;
  throw usageError({
    what: `cannot listen on ${address}`,
    why: state === 'denied' ? 'only root may listen on ports below 1024' : 'this machine has no such address',
    hint: 'choose another port with --port, or another address with --listen',
  });
}

function reportRunning(
  { log }: Context,
  { listen, port, tls }: StartRequest,
  certificate: RegistryCertificate | undefined,
  running: string,
): void {
  log.step(running);
  if (certificate !== undefined) {
    const expiry = certificate.expires.toISOString().slice(0, 10);
    log.step(`its certificate expires on ${expiry}; op start-registry --tls renews it in the last month`);
    for (const line of trustInstructions(certificate.caFile)) log.step(line);
  }
  if (!/^(?:127\.|::1$)/u.test(listen))
    log.warn(`it listens on ${listen} and requires no login: everyone who can reach this machine can push`);
  // With TLS, clients have to trust the authority first: the lines above say how.
  const next = tls
    ? ''
    : `next: op build-push --default-repo=${urlOf({ listen, port, tls: null }).replace(/^.*\//u, '')}; `;
  log.step(`${next}to stop it: op start-registry --stop${port === 5001 ? '' : ` --port=${port}`}`);
}
