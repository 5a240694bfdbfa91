import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../tools.js';
import { freePort } from './local-registry.js';

/** A real sshd on loopback that lets this user in with one key. */
export interface SshServer {
  /** `ssh://user@127.0.0.1:PORT`, to be followed by an absolute path. */
  readonly url: string;
  readonly privateKey: string;
  readonly knownHosts: string;
  readonly stop: () => Promise<void>;
}

/** The path of sshd; undefined when openssh-server is not installed. */
export const sshd = findTool('sshd', `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin`);

/** Starts it. @throws Error when it does not come up */
export async function startSshServer(): Promise<SshServer> {
  if (sshd === undefined) throw new Error('sshd is missing: install openssh-server');
  const directory = await mkdtemp(join(tmpdir(), 'ssh-server-'));
  const makeKey = (name: string) =>
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(directory, name)]);
  for (const name of ['host', 'user']) makeKey(name);
  const port = await freePort();
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(directory, 'host')}`,
    `AuthorizedKeysFile ${join(directory, 'user.pub')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
    'PidFile none',
  ];
  await writeFile(join(directory, 'config'), `${config.join('\n')}\n`);
  // sshd wants this empty folder when root starts it; its package makes it at boot.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const child = spawn(sshd, ['-D', '-e', '-f', join(directory, 'config')], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  for (let attempt = 0; !(await listens(port)); attempt++) {
    if (attempt === 100 || child.exitCode !== null) {
      await stop();
      throw new Error('sshd did not start');
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  const [type, key] = (await readFile(join(directory, 'host.pub'), 'utf8')).split(' ');
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    privateKey: await readFile(join(directory, 'user'), 'utf8'),
    knownHosts: `[127.0.0.1]:${port} ${type} ${key}\n`,
    stop,
  };
}

const listens = (port: number) =>
  new Promise<boolean>((done) => {
    const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false));
    socket.on('connect', () => socket.destroy());
  });
