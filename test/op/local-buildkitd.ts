import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CacheTrust } from '../../src/op/images/buildkit/options.js';
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
  /** Starts it again, with what it has cached, as a server for builds of this level. */
  readonly serve: (trust: CacheTrust) => Promise<void>;
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
  /** The builds that it is for; without it, it does not say so. */
  readonly trust?: CacheTrust;
}

/** Starts one. @throws Error when it does not come up */
export async function startBuildKit({ certificates, trust }: Options = {}): Promise<LocalBuildKit> {
  if (runc === undefined) throw new Error(whyNoBuildKit);
  const directory = await mkdtemp(join(tmpdir(), 'buildkitd-'));
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
  const start = () =>
    spawn('sh', ['-c', 'exec buildkitd "$@" >"$LOG" 2>&1', 'sh', ...args], {
      env: { ...withTools(['buildkitd', 'buildctl']), LOG: join(directory, 'log') },
      stdio: 'ignore',
    });
  let child: ChildProcess;
  // Also when the tests end without calling stop, as after a failed set-up.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const log = () => readFile(join(directory, 'log'), 'utf8').catch(() => '');
  const end = async () => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGTERM');
    const timer = setTimeout(kill, 10_000);
    await ended;
    clearTimeout(timer);
  };
  const stop = async () => {
    await end();
    process.off('exit', kill);
    // A server that was killed leaves the file systems of running steps behind.
    const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
    for (const path of mounts.filter((mount) => mount.startsWith(`${directory}/`)).reverse()) {
      execFileSync(umount, ['--lazy', path], { stdio: 'ignore' });
    }
    await rm(directory, { recursive: true, force: true });
  };
  const serve = async (level: CacheTrust | undefined) => {
    const labels = level === undefined ? '' : `[worker.oci.labels]\n  "octopipeline.dev/cache-trust" = "${level}"\n`;
    await writeFile(join(directory, 'buildkitd.toml'), labels);
    await rm(join(directory, 'log'), { force: true });
    child = start();
    for (let attempt = 0; !(await log()).includes('running server on'); attempt++) {
      if (attempt === 400 || child.exitCode !== null) {
        const said = await log();
        await stop();
        throw new Error(`buildkitd did not start:\n${said}`);
      }
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  await serve(trust);
  return {
    address,
    log,
    kill,
    serve: async (level) => {
      await end();
      await serve(level);
    },
    stop,
  };
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

/**
 * Makes an authority, and a certificate of it for a server on loopback and for a client.
 * @param days for which these are valid; with 0 they have expired
 * @param names of the server, besides 127.0.0.1
 */
export function makeCertificates(
  directory: string,
  name: string,
  days = 2,
  names: readonly string[] = ['*.proxied.test'],
): Certificates {
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
      `subjectAltName=${['IP:127.0.0.1', ...names.map((one) => `DNS:${one}`)].join(',')}`,
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
      `${days}`,
      '-copy_extensions',
      'copy',
      '-out',
      cert,
    );
    return { cert, key };
  };
  return { ca, server: pair('server'), client: pair('client') };
}
