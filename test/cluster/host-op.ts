/** op from this working tree, run on this machine inside the cluster's network, as a person with a kubeconfig runs it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { putOp } from '../op/bundles.js';
import { withTools } from '../tools.js';
import { places } from './command.js';

/** How a run of op ended. */
export interface Ran {
  readonly exitCode: number | undefined;
  /** Both streams, as a terminal shows them. */
  readonly printed: string;
  readonly seconds: number;
}

/** A run that is still in progress. */
export interface Running {
  /** Resolves when op has printed this. */
  readonly says: (sign: string) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly end: Promise<Ran>;
}

/** A new directory with files, to run op in. */
export interface HostOp {
  readonly directory: string;
  readonly write: (path: string, content: string | object) => Promise<string>;
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ran>;
  readonly start: (args: readonly string[], env?: Readonly<Record<string, string>>) => Running;
  readonly dispose: () => Promise<void>;
}

/** Milliseconds after which a run of op is killed: its own deadline should have ended it long before. */
const limit = 200_000;

/** Puts op into a temporary directory. */
export async function hostOp(): Promise<HostOp> {
  const directory = await mkdtemp(join(tmpdir(), 'delivery-'));
  const file = await putOp(directory);
  const { network, kubeconfig, programs } = await places();
  const { PATH = '' } = withTools(['crane', 'git']);
  const home = { PATH: `${programs}:${PATH}`, HOME: directory, TMPDIR: directory, KUBECONFIG: kubeconfig };
  const start: HostOp['start'] = (args, env = {}) => {
    const begin = Date.now();
    const child = execa('nsenter', [`--net=${network}`, 'node', file, ...args], {
      cwd: directory,
      env: { ...home, ...env },
      extendEnv: false,
      reject: false,
      all: true,
      stdin: 'ignore',
      timeout: limit,
    });
    let printed = '';
    const ended = child.then(({ exitCode, all, timedOut }) => {
      if (timedOut) throw new Error(`op ${args.join(' ')} did not end:\n${all}`);
      return { exitCode, printed: all, seconds: (Date.now() - begin) / 1000 };
    });
    return {
      says: (sign) =>
        new Promise((resolve, reject) => {
          child.all.on('data', (chunk) => {
            printed += String(chunk);
            if (printed.includes(sign)) resolve();
          });
          ended.then(({ printed: all }) => reject(new Error(`op never said ${sign}:\n${all}`)), reject);
        }),
      kill: (signal) => child.kill(signal),
      end: ended,
    };
  };
  return {
    directory,
    write: async (path, content) => {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), typeof content === 'string' ? content : JSON.stringify(content));
      return join(directory, path);
    },
    run: (args, env) => start(args, env).end,
    start,
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
}
