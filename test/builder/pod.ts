import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { builderAgent } from '../../tasks/steps/builder-agent.js';
import { findTool, withTools } from '../tools.js';
import { buildpacksTools } from './workbench.js';

/** Whom both containers run as. */
const user = 65532;

/**
 * The two containers of a pod that builds with buildpacks, as the Tasks have them, made with bwrap by root: the same mounts, the same
 * user, and volumes whose roots are as kubelet leaves them for a pod with fsGroup.
 */
export interface Pod {
  /** The directory that is /builder in both. */
  readonly exchange: string;
  /** Runs op in the other container. */
  readonly op: (bundle: string, source: string, args: readonly string[]) => Promise<PodRan>;
  /** Sends a signal to the first process of the builder's container. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Waits for the builder's container to end, and gives its exit code; null when a signal ended it. */
  readonly ended: () => Promise<number | null>;
  readonly remove: () => Promise<void>;
}

/** How op ended there. */
export interface PodRan {
  readonly exitCode: number | undefined;
  readonly stderr: string;
}

const machine = [
  ...['--tmpfs', '/', '--ro-bind', '/usr', '/usr'],
  ...['/bin', '/lib', '/lib64', '/sbin', '/etc'].flatMap((path) => ['--ro-bind-try', path, path]),
  ...['--perms', '0755', '--dir', '/busybox', '--symlink', '/usr/bin/busybox', '/busybox/sh'],
];
const container = [
  ...['--unshare-pid', '--unshare-ipc', '--die-with-parent'],
  ...['--proc', '/proc', '--dev', '/dev', '--clearenv'],
];

/**
 * Starts the builder's container.
 * @param root the builder's file system; undefined for this machine's own, which is a shell and its tools
 * @param command of the container
 */
export async function startPod(root: string | undefined, command: readonly string[] = builderAgent()): Promise<Pod> {
  const directory = await mkdtemp(join(tmpdir(), 'pod-'));
  await chmod(directory, 0o755);
  const volume = async (name: string) => {
    const path = join(directory, name);
    await mkdir(path);
    await chown(path, 0, user);
    await chmod(path, 0o2777);
    return path;
  };
  const [app, layers, exchange] = [await volume('app'), await volume('layers'), await volume('builder')];
  const [home, temporary, opTemporary] = [await volume('home'), await volume('tmp'), await volume('op-tmp')];
  const shared = ['--bind', app, '/workspace', '--bind', exchange, '/builder'];
  const sidecar = spawn(
    'bwrap',
    [
      ...(root === undefined ? machine : ['--ro-bind', root, '/']),
      ...[...container, '--as-pid-1', '--info-fd', '3', ...shared],
      ...['--bind', layers, '/layers', '--bind', home, '/home/cnb', '--bind', temporary, '/tmp'],
      ...['--setenv', 'PATH', '/usr/bin:/bin', '--setenv', 'KUBERNETES_SERVICE_HOST', '10.0.0.1', '--'],
      ...['/usr/sbin/chroot', `--userspec=${user}:${user}`, '--skip-chdir', '/', ...command],
    ],
    { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] },
  );
  const exited = once(sidecar, 'exit');
  const first = await firstProcess(sidecar);
  const signal = (name: NodeJS.Signals) => void process.kill(first, name);
  return {
    exchange,
    signal,
    ended: async () => {
      await exited;
      return sidecar.exitCode;
    },
    op: async (bundle, source, args) => {
      const { PATH = '' } = withTools(buildpacksTools);
      const tools = buildpacksTools.flatMap((tool) => {
        const path = findTool(tool, PATH);
        return path === undefined ? [] : ['--ro-bind', path, `/usr/local/tools/${tool}`];
      });
      const ran = await execa(
        'bwrap',
        [
          // Over the machine's own /usr, so that tools have a place that everyone can read.
          ...[
            ...machine,
            '--tmpfs',
            '/usr/local',
            '--perms',
            '0755',
            '--dir',
            '/usr/local/tools',
            ...container,
            ...tools,
          ],
          ...[...shared, '--bind', layers, '/layers-volume', '--symlink', '/layers-volume/.export', '/layers'],
          ...['--bind', opTemporary, '/tmp', '--ro-bind', source, '/source', '--ro-bind', bundle, '/op.cjs'],
          ...['--setenv', 'PATH', '/usr/local/tools:/usr/bin:/bin', '--setenv', 'HOME', '/tmp', '--chdir', '/source'],
          ...['--', 'setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', process.execPath, '/op.cjs'],
          ...args,
        ],
        { reject: false },
      );
      return { exitCode: ran.exitCode, stderr: ran.stderr };
    },
    remove: async () => {
      // With its first process, all of a container ends.
      if (sidecar.exitCode === null && sidecar.signalCode === null) signal('SIGKILL');
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** bwrap tells which process of this machine is the first one in there. */
async function firstProcess(sidecar: ChildProcess): Promise<number> {
  const info = sidecar.stdio[3];
  if (!(info instanceof Readable)) throw new Error('bwrap tells nothing');
  let text = '';
  for await (const chunk of info) text += chunk;
  const { 'child-pid': pid }: { readonly 'child-pid': number } = JSON.parse(text);
  return pid;
}
