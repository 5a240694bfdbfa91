import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, toolsDirectory } from '../tools.js';

/** A real Docker daemon on this machine, with images of its own, which are gone when it stops. */
export interface LocalDocker {
  /** `unix:///…`, for DOCKER_HOST. */
  readonly host: string;
  /** The names with tags of its images. */
  readonly images: () => Promise<readonly string[]>;
  /** The names of its containers, those that ended too. */
  readonly containers: () => Promise<readonly string[]>;
  /** What to put before the argv of a program that is to see the daemon's network: nothing when that is the machine's. */
  readonly inNetwork: readonly string[];
  readonly stop: () => Promise<void>;
}

/** Why a daemon cannot run here; undefined when it can. */
export const whyNoDocker = process.getuid?.() === 0 ? undefined : 'dockerd needs root';

/** Where test/cluster/prepare has unpacked Debian's docker.io. */
const unpacked = join(toolsDirectory(), '../docker');

/**
 * In namespaces of its own: what it mounts is seen by nobody else, and all that it starts ends with it. Docker has fixed places in /run
 * and /etc, where somebody's own may be: it sees others there. The first line is the process of dockerd as this machine counts it.
 */
const script = `
read -r pid rest </proc/self/stat
echo "$pid" >"$DIRECTORY/pid"
[ "$NETWORK" = machine ] || ip link set lo up
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$DIRECTORY/etc,workdir=$DIRECTORY/work" /etc
exec dockerd "$@"
`;

/**
 * Starts one. Its containers have no network but the machine's own (`--network=host`); or all of it is in a network of its own, where
 * ports are published and nothing of this machine is heard.
 * @throws Error when it does not come up
 */
export async function startDocker(network: 'machine' | 'own' = 'machine'): Promise<LocalDocker> {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:${unpacked}/usr/sbin`;
  if (findTool('dockerd', path) === undefined) throw new Error('dockerd is missing: test/cluster/prepare gets it');
  const directory = await mkdtemp(join(tmpdir(), 'docker-'));
  for (const name of ['etc', 'work']) await mkdir(join(directory, name));
  await writeFile(join(directory, 'daemon.json'), '{}');
  const socket = join(directory, 'socket');
  const cgroup = `octopipeline-${directory.slice(-6)}`;
  const args = [
    `--config-file=${join(directory, 'daemon.json')}`,
    `--data-root=${join(directory, 'data')}`,
    `--exec-root=${join(directory, 'exec')}`,
    `--pidfile=${join(directory, 'dockerd.pid')}`,
    `--host=unix://${socket}`,
    `--cgroup-parent=/${cgroup}`,
    '--exec-opt=native.cgroupdriver=cgroupfs',
    ...(network === 'machine' ? ['--bridge=none'] : []),
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
  ];
  const net = network === 'machine' ? [] : ['--net'];
  const own = ['unshare', ...net, '--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', script, 'sh', ...args];
  const child = spawn('sh', ['-c', 'exec setpriv --pdeathsig KILL "$@" >"$DIRECTORY/log" 2>&1', 'sh', ...own], {
    env: {
      DIRECTORY: directory,
      NETWORK: network,
      PATH: path,
      LD_LIBRARY_PATH: ['lib', 'usr/lib'].map((lib) => join(unpacked, lib, 'x86_64-linux-gnu')).join(':'),
      // A root file system that is in memory cannot be left by pivot_root.
      DOCKER_RAMDISK: 'true',
    },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  // Also when the tests end without calling stop, as after a failed set-up; when they are killed, pdeathsig does it.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    const pid = Number(await readFile(join(directory, 'pid'), 'utf8').catch(() => '0'));
    // Nothing of it is kept. Its process is the first of its namespace, and ends when all others there have ended.
    if (child.exitCode === null && pid > 0) process.kill(pid, 'SIGKILL');
    else kill();
    await ended;
    process.off('exit', kill);
    await removeCgroups(cgroup);
    await rm(directory, { recursive: true, force: true });
  };
  for (let attempt = 0; (await ask(socket, '/_ping')) !== 'OK'; attempt++) {
    if (attempt === 400 || child.exitCode !== null) {
      const said = await readFile(join(directory, 'log'), 'utf8').catch(() => '');
      await stop();
      throw new Error(`dockerd did not start:\n${said}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  const pid = (await readFile(join(directory, 'pid'), 'utf8')).trim();
  return {
    host: `unix://${socket}`,
    inNetwork: network === 'machine' ? [] : ['nsenter', `--net=/proc/${pid}/ns/net`, '--'],
    images: async () => list(await ask(socket, '/images/json'), 'RepoTags'),
    containers: async () => list(await ask(socket, '/containers/json?all=true'), 'Names'),
    stop,
  };
}

/** All values of a field that is a list. */
function list(answer: string | undefined, field: string): readonly string[] {
  const items: readonly Readonly<Record<string, readonly string[] | null>>[] = JSON.parse(answer ?? '');
  return items.flatMap((item) => item[field] ?? []);
}

/** Docker's programming interface, of which the tests need two questions. */
function ask(socketPath: string, path: string): Promise<string | undefined> {
  return new Promise((answer) => {
    const asked = request({ socketPath, path, timeout: 5000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        body += part;
      });
      response.on('end', () => answer(body));
    });
    asked.on('error', () => answer(undefined));
    asked.on('timeout', () => asked.destroy(new Error('timeout')));
    asked.end();
  });
}

/** Containers that were killed leave theirs: in each hierarchy of version 1, in the only one of version 2. */
async function removeCgroups(name: string): Promise<void> {
  const root = '/sys/fs/cgroup';
  for (const hierarchy of ['.', ...(await readdir(root))]) await removeCgroup(join(root, hierarchy, name));
}

async function removeCgroup(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  // Its files are no files.
  await rmdir(path).catch(() => {});
}
