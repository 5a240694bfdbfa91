import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { withTools } from '../tools.js';
import { putOp } from './bundles.js';

/** How a run of op ended. */
export interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The bundled op, run as a user runs it: another process, real tools, a home of its own, no Docker daemon. */
export interface Op {
  readonly run: (cwd: string, args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ran>;
  /** Runs op and sends it signals, a moment apart, as soon as it has printed `sign`. */
  readonly interrupt: (
    cwd: string,
    args: readonly string[],
    sign: string,
    ...signals: readonly NodeJS.Signals[]
  ) => Promise<Ran>;
  /** The bundle. */
  readonly file: string;
  readonly home: string;
  /** Where op keeps what it needs only while it runs. */
  readonly temporary: string;
  readonly dispose: () => Promise<void>;
}

/** Puts op into a temporary directory. */
export async function bundledOp(tools: readonly string[] = ['skaffold', 'crane', 'git']): Promise<Op> {
  const directory = await mkdtemp(join(tmpdir(), 'op-under-test-'));
  const file = await putOp(directory);
  const temporary = join(directory, 'tmp');
  await mkdir(temporary);
  const { PATH = '' } = withTools(tools);
  const clean = { PATH, HOME: directory, TMPDIR: temporary, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  const options = (cwd: string, env = {}) =>
    ({ cwd, env: { ...clean, ...env }, extendEnv: false, reject: false }) as const;
  return {
    home: directory,
    file,
    temporary,
    run: async (cwd, args, env) => {
      const { exitCode, stdout, stderr } = await execa('node', [file, ...args], options(cwd, env));
      return { exitCode, stdout, stderr };
    },
    interrupt: async (cwd, args, sign, ...signals) => {
      // Nothing but the test's signals: op may take longer to stop on a busy machine than execa waits.
      const child = execa('node', [file, ...args], { ...options(cwd), forceKillAfterDelay: false });
      const left = [...signals];
      const send = () => {
        const signal = left.shift();
        if (signal === undefined) return;
        child.kill(signal);
        setTimeout(send, 300);
      };
      child.stderr.on('data', (chunk) => String(chunk).includes(sign) && send());
      const { exitCode, stdout, stderr } = await child;
      return { exitCode, stdout, stderr };
    },
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
}
