import { basename } from 'node:path';
import type { Context } from '../../context.js';
import { table } from '../../kit/log/table.js';
import { containerName } from './find-container.js';
import { itAnswers, lookAround } from './look.js';
import { caPlaces, type Places, placesOf } from './places.js';
import { ownerOf, stateOf } from './port-owner.js';
import { lastLines } from './process-registry.js';
import { commandFor } from './request.js';
import { urlOf } from './start.js';

/** What is known of the registry of a port; null where there is nothing to know. */
interface Status {
  /** `ended`: it was started, and its process or container is gone or does not run, without op having been told to stop it. */
  readonly state: 'running' | 'not answering' | 'ended' | 'stopped';
  readonly url: string | null;
  readonly port: number;
  readonly listen: string | null;
  readonly engine: 'process' | 'docker' | 'podman' | null;
  readonly program: string | null;
  readonly pid: number | null;
  readonly container: string | null;
  readonly image: string | null;
  readonly tls: boolean;
  readonly caFile: string | null;
  readonly data: string | null;
  readonly log: string | null;
  readonly since: string | null;
  /** Who has the port when nothing of op's does. */
  readonly takenBy: string | null;
}

/** Prints whether the registry of a port runs, and where everything of it is. */
export async function showStatus(context: Context, port: number, form: 'text' | 'json'): Promise<void> {
  const status = await statusOf(context, placesOf(context.env, port), port);
  if (form === 'json') return context.out(`${JSON.stringify(status, undefined, 2)}\n`);
  const rows = Object.entries(status).filter(([, value]) => value !== null && value !== false);
  context.out(`${table(rows.map(([key, value]) => [key, String(value)]))}\n`);
  if (status.state === 'ended' && status.log !== null) {
    context.log.step(`the last lines of its log:\n${(await lastLines({ log: status.log })) || '(none)'}`);
  }
  const { listen, data, tls } = status;
  // A volume of the engine is no path.
  const path = data?.startsWith('/') ? data : null;
  const is = listen === null ? undefined : { listen, data: path, tls: tls ? '' : null };
  const next =
    status.state === 'running'
      ? `op build-push --default-repo=${status.url?.replace(/^.*\//u, '')}`
      : commandFor(port, is, placesOf(context.env, port).data);
  context.log.step(`next: ${next}`);
}

async function statusOf(context: Context, places: Places, port: number): Promise<Status> {
  const { engine, container, process: found } = await lookAround(context, places, port, 'auto');
  const nothing: Status = {
    state: 'stopped',
    url: null,
    port,
    listen: null,
    engine: null,
    program: null,
    pid: null,
    container: null,
    image: null,
    tls: false,
    caFile: null,
    data: null,
    log: null,
    since: null,
    takenBy: null,
  };
  const state = async (runs: boolean, settings: Parameters<typeof itAnswers>[1]) =>
    !runs ? 'ended' : (await itAnswers(context, settings)) ? 'running' : 'not answering';
  const reached = ({ listen, tls }: Parameters<typeof itAnswers>[1]) => ({
    url: urlOf(listen, port, tls !== null),
    listen,
    tls: tls !== null,
    caFile: tls === null ? null : caPlaces(context.env).certificate,
  });
  if (found !== undefined) {
    const { pid, program, data, since } = found.state;
    return {
      ...nothing,
      ...reached(found.state),
      state: await state(found.alive, found.state),
      engine: 'process',
      program: basename(program),
      pid: found.alive ? pid : null,
      data,
      log: places.log,
      since,
    };
  }
  if (engine !== undefined && container?.settings !== undefined) {
    return {
      ...nothing,
      ...reached(container.settings),
      state: await state(container.running, container.settings),
      engine: engine.program,
      container: container.name,
      image: container.image,
      data: container.settings.data ?? `the volume ${containerName(port)}`,
      since: container.since,
    };
  }
  const taken = (await stateOf('127.0.0.1', port)) === 'taken';
  return { ...nothing, takenBy: taken ? await ownerOf(context, '127.0.0.1', port) : null };
}
