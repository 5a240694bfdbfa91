import type { Context } from '../../context.js';
import { table } from '../../kit/log/format.js';
import { findRegistry } from './find.js';
import { isAnswering, portState, type RegistrySettings, startCommand, urlOf } from './registry.js';
import { imageLocation } from './registry-container.js';
import { lastLogLines } from './registry-process.js';
import { caPaths, type RegistryPaths, registryPaths } from './state-directory.js';

/** What is known of the registry on a port; null where nothing is. */
interface RegistryStatus {
  /** `ended`: its process or container stopped without `--stop`. */
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
  /** Whether something that op did not start listens on the port. */
  readonly portTaken: boolean;
}

/** Prints whether the registry on a port runs, and where its files are. */
export async function showStatus(context: Context, port: number, form: 'text' | 'json'): Promise<void> {
  const paths = registryPaths(context.env, port);
  const { status, settings } = await statusOf(context, paths, port);
  if (form === 'json') return context.out(`${JSON.stringify(status, undefined, 2)}\n`);
  const rows = Object.entries(status).filter(([, value]) => value !== null && value !== false);
  context.out(`${table(rows.map(([key, value]) => [key, String(value)]))}\n`);
  if (status.state === 'ended' && status.log !== null) {
    context.log.step(`the last lines of its log:\n${(await lastLogLines(paths)) || '(none)'}`);
  }
  const running = status.state === 'running';
  const push = `op build-push --default-repo=${status.url?.replace(/^.*\//u, '')}`;
  context.log.step(`next: ${running ? push : startCommand(port, settings, paths.data)}`);
}

async function statusOf(
  context: Context,
  paths: RegistryPaths,
  port: number,
): Promise<{ readonly status: RegistryStatus; readonly settings?: RegistrySettings }> {
  const { engine, container, process } = await findRegistry(context, paths, port);
  const none = { program: null, pid: null, container: null, image: null, log: null, portTaken: false };
  const common = async (settings: RegistrySettings, running: boolean) => {
    const answering = running && (await isAnswering(context, settings));
    const { listen, tls } = settings;
    const state = answering ? 'running' : running ? 'not answering' : 'ended';
    const caFile = tls === null ? null : caPaths(context.env).certificate;
    return { ...none, state, url: urlOf(settings), port, listen, tls: tls !== null, caFile } as const;
  };
  if (process !== undefined) {
    const { settings, running, program, since } = process;
    const { data } = settings;
    const own = { engine: 'process', program, pid: running ? process.pid : null, data, log: paths.log, since } as const;
    return { status: { ...(await common(settings, running)), ...own }, settings };
  }
  if (engine !== undefined && container?.settings !== undefined) {
    const { settings, name, image, running, since } = container;
    const own = { engine: engine.program, container: name, image, data: imageLocation(settings), since };
    return { status: { ...(await common(settings, running)), ...own }, settings };
  }
  const portTaken = (await portState('127.0.0.1', port)) === 'taken';
  const absent = { url: null, listen: null, engine: null, tls: false, caFile: null, data: null, since: null };
  return { status: { ...none, ...absent, state: 'stopped', port, portTaken } };
}
