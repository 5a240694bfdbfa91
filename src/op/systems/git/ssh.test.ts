import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { type SshServer, sshd, startSshServer } from '../../../../test/op/ssh-server.js';

describe.skipIf(sshd === undefined)('over ssh', () => {
  let op: Op;
  let host: GitHost;
  let server: SshServer;
  let shop: HostedRepository;
  let room: string;
  let count = 0;

  beforeAll(async () => {
    [op, host, server] = await Promise.all([bundledOp(['git', 'ssh']), startGitHost(), startSshServer()]);
    room = await mkdtemp(join(tmpdir(), 'ssh-test-'));
    shop = await host.repository('shop.git');
    await shop.commit('First', { 'README.md': 'one\n' });
  });
  afterAll(async () => {
    await Promise.all([op?.dispose(), host?.stop(), server?.stop(), rm(room, { recursive: true, force: true })]);
  });

  async function clone(files: Readonly<Record<string, string>>, ...flags: string[]) {
    count += 1;
    const directory = join(room, `ssh-${count}`);
    await mkdir(directory);
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(directory, name), content);
      // As in a mounted Secret: readable by everyone, which ssh itself refuses.
      await chmod(join(directory, name), 0o644);
    }
    const into = `--destination=${join(room, `into-${count}`)}`;
    return op.run(room, [
      'git-clone',
      `--url=${server.url}${shop.bare}`,
      into,
      `--ssh-directory=${directory}`,
      ...flags,
    ]);
  }

  test.each([
    ['an ssh-auth Secret', (key: string) => ({ 'ssh-privatekey': key })],
    ['a .ssh folder', (key: string) => ({ id_ed25519: key, 'id_ed25519.pub': 'x' })],
    ['a key without its last line break', (key: string) => ({ 'ssh-privatekey': key.trimEnd() })],
  ])('%s with known_hosts opens a repository', async (_, files) => {
    const ended = await clone({ ...files(server.privateKey), known_hosts: server.knownHosts });
    expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('cloned:') });
    expect(ended.stderr).not.toContain('PRIVATE KEY');
  });

  test('without known_hosts it works only when new hosts are accepted', async () => {
    const files = { 'ssh-privatekey': server.privateKey };
    expect(await clone(files)).toMatchObject({ exitCode: 3 });
    expect(await clone(files, '--accept-new-host-keys')).toMatchObject({ exitCode: 0 });
  });

  test('a host key that does not match known_hosts is refused', async () => {
    const [where] = server.knownHosts.split(' ');
    const other = `${where} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKkV8pGX8y3bIbRO8bTnFhwMXFjDmmXgx9nYXVfvMI\n`;
    const ended = await clone({ 'ssh-privatekey': server.privateKey, known_hosts: other }, '--accept-new-host-keys');
    expect(ended).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('the host key of the server does not match known_hosts'),
    });
  });

  test('a key that the server does not know is refused', async () => {
    const { execFileSync } = await import('node:child_process');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(room, 'stranger')]);
    const { readFile } = await import('node:fs/promises');
    const stranger = await readFile(join(room, 'stranger'), 'utf8');
    const ended = await clone({ 'ssh-privatekey': stranger, known_hosts: server.knownHosts });
    expect(ended).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('the server refused the credentials') });
  });

  test('a repository that does not exist', async () => {
    const directory = join(room, 'ssh-1');
    const flags = [
      `--url=${server.url}/nowhere.git`,
      `--destination=${join(room, 'none')}`,
      `--ssh-directory=${directory}`,
    ];
    const ended = await op.run(room, ['git-clone', ...flags]);
    expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('repository not found') });
  });
});
