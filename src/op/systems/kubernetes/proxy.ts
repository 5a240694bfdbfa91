import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { makePrivateDirectory, type PrivateDirectory } from '../../kit/files/private-directory.js';
import { superviseGroup } from '../../kit/process/process-group.js';
import { type Ended, run } from '../../kit/process/run.js';
import { splitLines } from '../../kit/process/split-lines.js';
import { type Cluster, optionsFor } from './cluster.js';
import { failureToStart, isMissingContext } from './explain.js';

/** A `kubectl proxy` that only this op uses. */
export interface Proxy {
  /** The path of the socket that it listens on. A proxy that ended is started again. @throws OpError (input, tool) */
  readonly socket: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a `kubectl proxy`. op has no Kubernetes client library: kubectl reads the kubeconfig, renews tokens, runs exec plugins and
 * checks certificates. The proxy ignores the context's signal, because the clean-up after Ctrl-C still needs it.
 * @param directory where its socket goes, see `makeSocketDirectory`
 */
export function createProxy(context: Context, cluster: Cluster, directory: string): Proxy {
  const path = join(directory, 'socket');
  const ending = new AbortController();
  let running: Running | undefined;
  return {
    socket: async () => {
      ending.signal.throwIfAborted();
      running ??= startProxy({ ...context, signal: ending.signal }, cluster, path, () => {
        running = undefined;
      });
      await running.ready;
      return path;
    },
    stop: async () => {
      ending.abort(new Error('the proxy is no longer needed'));
      await running?.ended;
    },
  };
}

/** Makes a directory that only this user can enter. Systems allow about 104 bytes for the path of a socket. */
export async function makeSocketDirectory(context: Context): Promise<PrivateDirectory> {
  const directory = await makePrivateDirectory(context, 'kubernetes');
  if (Buffer.byteLength(directory.path) < 90) return directory;
  await directory.dispose();
  return makePrivateDirectory({ env: { TMPDIR: '/tmp' } }, 'kubernetes');
}

/** The contexts of the kubeconfig, for the error about one that it does not have. */
async function contextsIn(context: Context, { kubeconfig }: Cluster, { stderr }: Ended): Promise<readonly string[]> {
  if (!isMissingContext(stderr)) return [];
  const args = ['config', 'get-contexts', '--output=name', ...optionsFor({ kubeconfig })];
  const listed = await run(context, { program: 'kubectl', args, timeout: 30_000 });
  return listed.stdout.split('\n').filter(Boolean);
}

interface Running {
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
}

/**
 * Becomes kubectl, and leaves a watcher that ends it when op's end of the pipe closes: otherwise an op that is killed would leave an open
 * door to the cluster.
 */
const script = 'exec 3<&0; (read -r _ <&3; kill $$) >/dev/null 2>&1 & exec kubectl "$@" </dev/null 3<&-';

function startProxy(context: Context, cluster: Cluster, path: string, onEnd: () => void): Running {
  const args = ['proxy', `--unix-socket=${path}`, ...optionsFor(cluster)];
  context.log.debug(`run ${JSON.stringify(['kubectl', ...args])} in ${context.cwd}`);
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...args], {
    cwd: context.cwd,
    env: context.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const group = superviseGroup(child.pid, { signal: context.signal, timeout: undefined });
  child.stdin.on('error', () => undefined);
  const said: string[] = [];
  splitLines(child.stderr, (line) => {
    context.log.debug(`kubectl proxy: ${line}`);
    said.push(line);
    if (said.length > 10) said.shift();
  });
  const failed = new Promise<never>((_, fail) => {
    const over = async (exitCode: number | undefined, missing: boolean) => {
      group.ended();
      onEnd();
      const ended: Ended = { exitCode, stdout: '', stderr: said.join('\n'), ended: missing ? 'missing' : 'failed' };
      fail(failureToStart(ended, cluster, await contextsIn(context, cluster, ended)));
    };
    child.once('error', () => over(undefined, true));
    // The exit codes of sh for a program that it cannot find, or cannot run.
    child.once('close', (code) => over(code ?? undefined, code === 127 || code === 126));
  });
  const started = new Promise<void>((done) => {
    splitLines(child.stdout, (line) => line.startsWith('Starting to serve on') && done());
  });
  const ready = Promise.race([started, failed]);
  ready.catch(() => undefined);
  return { ready, ended: failed.catch(() => undefined) };
}
