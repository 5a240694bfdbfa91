import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, withTools } from '../tools.js';
import { freePort } from './local-registry.js';

/** A real buildkitd on this machine, with a cache of its own, which is gone when it stops. */
export interface LocalBuildKit {
  /** `unix:///…`, or `tcp://127.0.0.1:PORT` when it has certificates. */
  readonly address: string;
  /** What it has logged. */
  readonly log: () => Promise<string>;
  /** Ends it as a node that fails does. */
  readonly kill: () => void;
  readonly stop: () => Promise<void>;
}

/** Where Debian has runc, which does what each step of a build runs. */
const runc = findTool('runc', `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin`);

const umount = findTool('umount', process.env.PATH ?? '') ?? '/bin/umount';

/** Why buildkitd cannot run here; undefined when it can. It needs root, as a machine that builds for others gives it. */
export const whyNoBuildKit =
  process.getuid?.() === 0
    ? runc === undefined
      ? 'runc is missing: install runc'
      : undefined
    : 'buildkitd needs root';

interface Options {
  /** Its own certificate and the authority of its clients. */
  readonly certificates?: Certificates;
  /** The content of buildkitd.toml. */
  readonly config?: string;
}

/** Starts one. @throws Error when it does not come up */
export async function startBuildKit({ certificates, config = '' }: Options = {}): Promise<LocalBuildKit> {
  if (runc === undefined) throw new Error(whyNoBuildKit);
  const directory = await mkdtemp(join(tmpdir(), 'buildkitd-'));
  await writeFile(join(directory, 'buildkitd.toml'), config);
  const address =
    certificates === undefined ? `unix://${join(directory, 'socket')}` : `tcp://127.0.0.1:${await freePort()}`;
  const tls =
    certificates === undefined
      ? []
      : ['--tlscacert', certificates.ca, '--tlscert', certificates.server.cert, '--tlskey', certificates.server.key];
  const args = [
    `--config=${join(directory, 'buildkitd.toml')}`,
    `--root=${join(directory, 'root')}`,
    `--addr=${address}`,
    ...tls,
    '--containerd-worker=false',
    `--oci-worker-binary=${runc}`,
    '--oci-worker-net=host',
    '--oci-worker-gc=false',
    '--debug',
  ];
  const child = spawn('sh', ['-c', 'exec buildkitd "$@" >"$LOG" 2>&1', 'sh', ...args], {
    env: { ...withTools(['buildkitd', 'buildctl']), LOG: join(directory, 'log') },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  // Also when the tests end without calling stop, as after a failed set-up.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const log = () => readFile(join(directory, 'log'), 'utf8').catch(() => '');
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(kill, 10_000);
    await ended;
    clearTimeout(timer);
    process.off('exit', kill);
    // A server that was killed leaves the file systems of running steps behind.
    const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
    for (const path of mounts.filter((mount) => mount.startsWith(`${directory}/`)).reverse()) {
      execFileSync(umount, ['--lazy', path], { stdio: 'ignore' });
    }
    await rm(directory, { recursive: true, force: true });
  };
  for (let attempt = 0; !(await log()).includes('running server on'); attempt++) {
    if (attempt === 400 || child.exitCode !== null) {
      const said = await log();
      await stop();
      throw new Error(`buildkitd did not start:\n${said}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  return { address, log, kill, stop };
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Files of mutual TLS that openssl made. */
export interface Certificates {
  /** The authority. */
  readonly ca: string;
  readonly server: Pair;
  readonly client: Pair;
}

/** Makes an authority, and a certificate of it for a server on loopback and for a client. */
export function makeCertificates(directory: string, name: string): Certificates {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const path = (file: string) => join(directory, `${name}-${file}`);
  const ca = path('ca.pem');
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    path('ca.key'),
    '-out',
    ca,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
  );
  const pair = (role: string): Pair => {
    const [cert, key, request] = [path(`${role}.pem`), path(`${role}.key`), path(`${role}.csr`)];
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      request,
      '-subj',
      `/CN=${role}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    );
    openssl(
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      ca,
      '-CAkey',
      path('ca.key'),
      '-CAcreateserial',
      '-days',
      '2',
      '-copy_extensions',
      'copy',
      '-out',
      cert,
    );
    return { cert, key };
  };
  return { ca, server: pair('server'), client: pair('client') };
}
