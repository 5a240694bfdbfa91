import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { ownGroup } from '../../kit/process/own-group.js';
import { splitLines } from '../../kit/process/split-lines.js';
import { failureToStart } from './explain.js';

/** Which cluster, in kubectl's own words; nothing given is kubectl's own way to find one. */
export interface Cluster {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** A `kubectl proxy` of this op alone. */
export interface Proxy {
  /** Path of the socket that it listens on; one that ended is started again. @throws OpError (input, tool) */
  readonly socket: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** kubectl's options for a cluster. */
export const optionsFor = ({ kubeconfig, context }: Cluster): readonly string[] => [
  ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
  ...(context === undefined ? [] : [`--context=${context}`]),
];

/**
 * One child answers for all that op asks, so tokens, certificates and exec plugins stay kubectl's business. Only this user can enter
 * the directory of its socket. It does not heed the context's signal: after Ctrl-C there is still something to take back.
 */
export async function createProxy(context: Context, cluster: Cluster): Promise<Proxy> {
  const directory = await makeSocketDirectory(context);
  const path = join(directory.path, 'socket');
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
      ending.abort(new Error('the proxy is not needed any more'));
      await running?.ended;
      await directory.dispose();
    },
  };
}

/** Systems allow about 104 bytes for the path of a socket. */
async function makeSocketDirectory(context: Context) {
  const directory = await makePrivateDirectory(context, 'kubernetes');
  if (Buffer.byteLength(directory.path) < 90) return directory;
  await directory.dispose();
  return makePrivateDirectory({ env: { TMPDIR: '/tmp' } }, 'kubernetes');
}

interface Running {
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
}

/**
 * Becomes kubectl, and leaves a watcher beside it that ends it when op's end of the pipe is closed: when op was killed, nobody else would,
 * and an open way into the cluster would be left.
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
  const group = ownGroup(child.pid, { signal: context.signal, timeout: undefined });
  child.stdin.on('error', () => undefined);
  const said: string[] = [];
  splitLines(child.stderr, (line) => {
    context.log.debug(`kubectl proxy: ${line}`);
    said.push(line);
    if (said.length > 10) said.shift();
  });
  const failed = new Promise<never>((_, fail) => {
    const over = (exitCode: number | undefined, missing: boolean) => {
      group.ended();
      onEnd();
      fail(
        failureToStart(
          { exitCode, stdout: '', stderr: said.join('\n'), ended: missing ? 'missing' : 'failed' },
          cluster,
        ),
      );
    };
    child.once('error', () => over(undefined, true));
    // What sh says of a program that it cannot find, or not run.
    child.once('close', (code) => over(code ?? undefined, code === 127 || code === 126));
  });
  const started = new Promise<void>((done) => {
    splitLines(child.stdout, (line) => line.startsWith('Starting to serve on') && done());
  });
  const ready = Promise.race([started, failed]);
  ready.catch(() => undefined);
  return { ready, ended: failed.catch(() => undefined) };
}
