import { rmSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import type { Context } from '../../context.js';
import type { Env } from '../../kit/config/setting.js';
import { deadlineError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';

/** A certificate and its key, and the lock to hold while changing them, in a directory that only this user can enter. */
export interface CertificatePaths {
  readonly root: string;
  readonly certificate: string;
  readonly key: string;
  readonly lock: string;
}

/** The files of the registry on one port. */
export interface RegistryPaths extends CertificatePaths {
  readonly state: string;
  readonly config: string;
  readonly log: string;
  /** Images, unless `--data` names another directory. */
  readonly data: string;
}

/** Source: XDG Base Directory Specification, which ignores relative paths. */
function stateHome(env: Env): string {
  const state = env.XDG_STATE_HOME ?? '';
  return join(isAbsolute(state) ? state : join(env.HOME || homedir(), '.local/state'), 'octopipeline');
}

export function registryPaths(env: Env, port: number): RegistryPaths {
  const root = join(stateHome(env), `registry-${port}`);
  return {
    root,
    state: join(root, 'registry.json'),
    lock: join(root, 'lock'),
    config: join(root, 'config.yml'),
    log: join(root, 'registry.log'),
    data: join(root, 'data'),
    certificate: join(root, 'tls.crt'),
    key: join(root, 'tls.key'),
  };
}

/** The certificate authority that all registries of this user share. */
export function caPaths(env: Env): CertificatePaths {
  const root = join(stateHome(env), 'ca');
  return { root, certificate: join(root, 'ca.crt'), key: join(root, 'ca.key'), lock: join(root, 'lock') };
}

/**
 * Makes this op the only one that works on a registry until the end of its `await using`: only one can create the file. If op is
 * killed with SIGKILL the file stays, and the others say that it may have to be removed.
 * @throws OpError (deadline) when another op holds it for a minute
 */
export async function lockRegistry(context: Context, path: string, timeout = 60_000): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const until = Date.now() + timeout;
  for (let waiting = false; !(await create(path)); waiting = true) {
    if (Date.now() > until) {
      throw deadlineError({
        what: 'another op is working on this registry',
        why: `${path} has existed for ${timeout / 1000} s`,
        hint: `wait for the other op; if none is running, remove the file: rm ${path}`,
      });
    }
    if (!waiting) context.log.progress(`waiting for another op that is working on this registry (${path})`);
    await sleep(context, 100);
  }
  // A second Ctrl-C ends op without disposing of anything.
  const onExit = () => rmSync(path, { force: true });
  process.once('exit', onExit);
  return {
    [Symbol.asyncDispose]: async () => {
      await rm(path, { force: true });
      process.off('exit', onExit);
    },
  };
}

async function create(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
