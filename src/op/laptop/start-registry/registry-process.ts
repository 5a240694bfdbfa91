import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { findProgram } from '../../kit/process/find-program.js';
import { run } from '../../kit/process/run.js';
import { sleep } from '../../kit/process/sleep.js';
import { serveArguments } from '../../systems/registry/crane.js';
import { hostPort, isAnswering, type RegistrySettings, registrySettings } from './registry.js';
import type { RegistryPaths } from './state-directory.js';

/** What op writes down about a registry that it started as a process. */
const processState = v.object({
  ...registrySettings.entries,
  data: v.string(),
  pid: v.number(),
  identity: v.string(),
  program: v.string(),
  since: v.string(),
});

/** A registry that op started as a process, which may have ended since. */
export interface RegistryProcess {
  readonly pid: number;
  /** See `identityOf`. */
  readonly identity: string;
  /** `docker-registry`, `registry` or `crane`. */
  readonly program: string;
  readonly since: string;
  readonly running: boolean;
  readonly settings: RegistrySettings & { readonly data: string };
}

/** Reads what op wrote down about the registry; undefined when there is nothing, or nothing that makes sense. */
export async function findProcess(context: Context, paths: RegistryPaths): Promise<RegistryProcess | undefined> {
  const text = await readFile(paths.state, 'utf8').catch(() => '');
  const read = parseJson(processState, text);
  if (read === undefined) return undefined;
  const { pid, identity, program, since, ...settings } = read;
  const running = (await identityOf(context, pid)) === identity;
  return { pid, identity, program: basename(program), since, running, settings };
}

/**
 * What tells a process from any other that ever gets its number: when it started, and in which boot of the machine.
 * Source: proc(5), /proc/PID/stat and /proc/sys/kernel/random/boot_id; `ps` where there is no /proc.
 * @returns undefined when there is no such process, or it is a zombie
 */
async function identityOf(context: Context, pid: number): Promise<string | undefined> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  if (boot === undefined) {
    const args = ['-o', 'stat=,lstart=', '-p', `${pid}`];
    const { stdout } = await run(context, { program: 'ps', args, env: { LC_ALL: 'C' } });
    return /^\s*[^Z\s]\S*\s+(.+?)\s*$/u.exec(stdout)?.[1];
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name, in parentheses, may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', started] = [fields[0], fields[19]];
  return started === undefined || 'ZX'.includes(state) ? undefined : `${boot.trim()} ${started}`;
}

/** A program that is a registry. */
export interface RegistryProgram {
  readonly name: 'docker-registry' | 'registry' | 'crane';
  readonly path: string;
}

/**
 * Looks on PATH: the registry of distribution/distribution under Debian's name and its own, then crane, which has one built in.
 * @throws OpError (tool) when there is none; crane's has no TLS
 */
export async function findRegistryProgram(context: Context, tls: boolean): Promise<RegistryProgram> {
  for (const name of ['docker-registry', 'registry'] as const) {
    const path = findProgram(name, context.env.PATH);
    if (path === undefined) continue;
    // Other projects have a program of that name, too.
    const { stdout } = await run(context, { program: path, args: ['--version'], timeout: 10_000 });
    if (/\/distribution\b/u.test(stdout)) return { name, path };
  }
  const crane = findProgram('crane', context.env.PATH);
  if (crane !== undefined && !tls) return { name: 'crane', path: crane };
  throw toolError({
    what: 'no program found that can run a registry',
    why:
      crane === undefined
        ? 'no container engine is used, and none of docker-registry, registry and crane is on PATH'
        : 'no container engine is used, and crane, which is on PATH, has no TLS; docker-registry and registry are not on PATH',
    hint: 'start Docker, or install the package docker-registry of your distribution, or a release of the project distribution/distribution',
  });
}

/**
 * Starts a registry that keeps running when op has ended, and waits until it answers; one that does not is killed.
 * @throws OpError (tool) with the last lines of its log when it ends
 */
export async function startProcess(
  context: Context,
  paths: RegistryPaths,
  { name, path }: RegistryProgram,
  settings: RegistrySettings & { readonly data: string },
): Promise<RegistryProcess> {
  await mkdir(settings.data, { recursive: true });
  await writeAtomic(paths.config, configuration(paths, settings), 0o600);
  await rename(paths.log, `${paths.log}.old`).catch(() => undefined);
  const log = openSync(paths.log, 'a', 0o600);
  const { PATH, HOME, TMPDIR } = context.env;
  const address = hostPort(settings.listen, settings.port);
  const args = name === 'crane' ? serveArguments(address, settings.data) : ['serve', paths.config];
  // Without the rest of the environment: variables REGISTRY_… override the configuration.
  const child = spawn(path, args, {
    cwd: paths.root,
    env: { PATH, HOME, TMPDIR },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let end: string | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      end = `it ended with ${signal ?? `exit code ${code}`}`;
      resolve();
    });
    child.once('error', ({ message }) => {
      end = message;
      resolve();
    });
  });
  try {
    const { pid = 0 } = child;
    const identity = (await identityOf(context, pid)) ?? '';
    const since = context.now().toISOString();
    const state: v.InferOutput<typeof processState> = { ...settings, pid, identity, program: path, since };
    await writeAtomic(paths.state, `${JSON.stringify(state)}\n`, 0o600);
    while (end === undefined && !(await isAnswering(context, settings))) await sleep(context, 25);
    // Something else may answer on that port, and make this one end.
    await sleep(context, 20);
    if (end === undefined) {
      child.unref();
      return { pid, identity, program: name, since, running: true, settings };
    }
    throw toolError({
      what: `${name} did not start`,
      why: `${end}:\n${(await lastLogLines(paths)) || 'it printed nothing'}`,
      hint: 'fix what it says, or choose another port with --port',
    });
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    await rm(paths.state, { force: true });
    throw error;
  }
}

/** Source: "Configuring a registry" in the documentation of distribution; JSON is YAML, too. */
const configuration = ({ certificate, key }: RegistryPaths, { listen, port, data, tls }: RegistrySettings) =>
  JSON.stringify({
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: data }, delete: { enabled: true } },
    http: {
      addr: hostPort(listen, port),
      secret: randomBytes(32).toString('hex'),
      ...(tls === null ? {} : { tls: { certificate, key } }),
    },
  });

export async function lastLogLines({ log }: Pick<RegistryPaths, 'log'>, count = 6): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** How long a registry has to end after a signal, in milliseconds. */
const grace = 10_000;

/** Stops exactly that process, never one that only has its number by now. */
export async function stopProcess(
  context: Context,
  paths: RegistryPaths,
  { pid, identity }: RegistryProcess,
): Promise<void> {
  const isRunning = async () => (await identityOf(context, pid)) === identity;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (await isRunning()) sendSignal(pid, signal);
    for (let waited = 0; waited < grace && (await isRunning()); waited += 50) await sleep(context, 50);
  }
  if (await isRunning()) {
    throw toolError({
      what: 'cannot stop the registry',
      why: `process ${pid} is still running after SIGKILL`,
      hint: 'find out what it is waiting for: its disk may not respond',
    });
  }
  await rm(paths.state, { force: true });
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
