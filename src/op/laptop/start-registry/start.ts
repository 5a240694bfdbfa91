import { access, constants, mkdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { withDeadline } from '../../kit/process/deadline.js';
import { type Engine, findEngine } from '../run/engine.js';
import { hostPort } from './answer.js';
import { type Certificates, ensureCertificate } from './certificates.js';
import { startContainer } from './container-registry.js';
import { containerName } from './find-container.js';
import { withLock } from './lock.js';
import { type Around, itAnswers, lookAround } from './look.js';
import { clearContainer, clearPort } from './make-room.js';
import type { StartRequest } from './options.js';
import { type Places, placesOf } from './places.js';
import { type ProcessState, startProcess, stopProcess } from './process-registry.js';
import { findRegistryProgram } from './registry-program.js';
import { checkAddress, difference } from './request.js';
import { howToTrust } from './trust.js';

interface Work {
  readonly context: Context;
  readonly places: Places;
  readonly request: StartRequest;
  readonly around: Around;
  readonly certificates: Certificates | undefined;
  /** Absolute path. */
  readonly data: string | undefined;
}

/**
 * Starts a registry on this machine, or says that it runs already; one of op's that is different is replaced, its images stay.
 * @throws OpError (usage, tool, refused, deadline)
 */
export async function startRegistry(outer: Context, request: StartRequest): Promise<void> {
  checkAddress(request);
  const { port, engine, listen, tls } = request;
  const places = placesOf(outer.env, port);
  const over = {
    what: `the registry on port ${port} was not ready in time`,
    why: `it was allowed ${request.timeout / 1000} s`,
    hint: 'allow more with --timeout, or look above for what it waited for',
  };
  await withDeadline(outer, request.timeout, over, (context) =>
    withLock(context, places.lock, async () => {
      await mkdir(places.root, { recursive: true, mode: 0o700 });
      const certificates = tls ? await ensureCertificate(context, places, listen) : undefined;
      const around = await lookAround(context, places, port, engine === 'process' ? 'auto' : engine);
      const data = request.data === undefined ? undefined : await ownDirectory(resolve(context.cwd, request.data));
      const work = { context, places, request, around, certificates, data };
      // What was a process stays one also where a Docker daemon has come up since: its images are there.
      const auto = around.process !== undefined || around.engine === undefined;
      if (engine === 'process' || (engine === 'auto' && auto)) return asProcess(work);
      return asContainer(work, around.engine ?? (await findEngine(context, engine, 'cannot start a registry')));
    }),
  );
}

/** @throws OpError (input) when it cannot be made, or written to */
async function ownDirectory(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
    return path;
  } catch (cause) {
    throw inputError({
      what: `cannot keep images in ${path}`,
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'name a directory that this user can write to with --data, or leave it out',
      cause,
    });
  }
}

async function asProcess(work: Work): Promise<void> {
  const { context, places, request, around, certificates, data = places.data } = work;
  const { port, listen } = request;
  const wanted = { listen, port, data, tls: certificates?.fingerprint ?? null };
  const { process: found } = around;
  if (found?.alive) {
    const why =
      difference(found.state, wanted) ?? ((await itAnswers(context, found.state)) ? undefined : 'it does not answer');
    if (why === undefined) return conclude(work, 'runs already', asRun(found.state), data);
    context.log.step(
      `replace the registry, process ${found.state.pid}: ${why}; its images stay in ${found.state.data}`,
    );
    await stopProcess(context, places, found);
  } else if (found !== undefined) {
    context.log.step(`the registry that was process ${found.state.pid} has ended, and not by op: start it again`);
  }
  const program = await findRegistryProgram(context, request.tls);
  await clearContainer(context, around, request, 'a process is asked for');
  await clearPort(context, around, request);
  context.log.step(`start ${program.name} on ${hostPort(listen, port)}, images in ${data}`);
  const task = { listen, port, data, tls: request.tls, fingerprint: certificates?.fingerprint, ca: certificates?.ca };
  conclude(work, 'runs', asRun(await startProcess(context, places, program, task)), data);
}

const asRun = ({ program, pid }: Pick<ProcessState, 'program' | 'pid'>) => `${basename(program)}, process ${pid}`;

async function asContainer(work: Work, engine: Engine): Promise<void> {
  const { context, places, request, around, certificates, data = null } = work;
  const { port, listen, image } = request;
  const wanted = { image, listen, port, data, tls: certificates?.fingerprint ?? null };
  const { process: found, container } = around;
  const name = containerName(port);
  let why = container?.running ? undefined : 'it does not run';
  if (container?.settings !== undefined) {
    why ??=
      difference(container.settings, wanted) ?? ((await itAnswers(context, wanted)) ? undefined : 'it does not answer');
    if (why === undefined) return conclude(work, 'runs already', `container ${name}`, data ?? `the volume ${name}`);
  }
  if (found?.alive) {
    context.log.step(
      `end the registry, process ${found.state.pid}: a container is asked for; its images stay in ${found.state.data}`,
    );
    await stopProcess(context, places, found);
  }
  await clearContainer(context, around, request, why ?? 'it is in the way');
  await clearPort(context, around, request);
  context.log.step(`start ${image} with ${engine.program} on ${hostPort(listen, port)}`);
  await startContainer(context, engine, places, wanted, certificates?.ca);
  conclude(work, 'runs', `container ${name}, which comes back with ${engine.program}`, data ?? `the volume ${name}`);
}

/** Where a registry is found, for a person. */
export function urlOf(listen: string, port: number, tls: boolean): string {
  const here = /^(?:127\.0\.0\.1|0\.0\.0\.0|::1?)$/u.test(listen);
  return `${tls ? 'https' : 'http'}://${here ? `localhost:${port}` : hostPort(listen, port)}`;
}

function conclude({ context: { log }, request, certificates }: Work, verb: string, how: string, data: string): void {
  const { listen, port, tls } = request;
  const url = urlOf(listen, port, tls);
  log.step(`the registry ${verb}: ${url} (${how}), images in ${data}`);
  if (certificates !== undefined) {
    log.step(
      `its certificate ends on ${certificates.ends.toISOString().slice(0, 10)}; op start-registry --tls renews it in its last month`,
    );
    for (const line of howToTrust(certificates.caFile)) log.step(line);
  }
  if (!/^(?:127\.|::1$)/u.test(listen))
    log.warn(`it listens on ${listen} and asks for no login: whoever reaches this machine can push`);
  const own = port === 5001 ? '' : ` --port=${port}`;
  // With a certificate of one's own, others have to be told to trust it first: the lines above say how.
  const next = tls ? '' : `next: op build-push --default-repo=${url.replace(/^.*\//u, '')}; `;
  log.step(`${next}to end it: op start-registry --stop${own}`);
}
