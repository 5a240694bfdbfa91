import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

let op: Op;
let host: GitHost;
let hidden: HostedRepository;
let room: string;
let count = 0;

beforeAll(async () => {
  [op, host] = await Promise.all([bundledOp(['git']), startGitHost()]);
  room = await mkdtemp(join(tmpdir(), 'access-test-'));
  hidden = await host.repository('private/shop.git');
  await hidden.commit('First', { 'README.md': 'one\n' });
});
afterAll(async () => {
  await Promise.all([op?.dispose(), host?.stop(), rm(room, { recursive: true, force: true })]);
});

/** A directory as Kubernetes mounts a Secret: links to a folder next to them. */
async function secret(files: Readonly<Record<string, string>>): Promise<string> {
  count += 1;
  const directory = join(room, `secret-${count}`);
  await mkdir(join(directory, '..2026_01_01'), { recursive: true });
  await symlink('..2026_01_01', join(directory, '..data'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, '..2026_01_01', name), content, { mode: 0o644 });
    await symlink(`..data/${name}`, join(directory, name));
  }
  return directory;
}

const clone = (into: string, ...flags: string[]) =>
  op.run(room, ['git-clone', `--url=${hidden.url}`, `--destination=${join(room, into)}`, '--debug', ...flags]);
const everythingIn = (directory: string): string =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
const privateCopies = () => readdirSync(tmpdir()).filter((name) => name.startsWith('op-git-'));

test.each([
  ['a basic-auth Secret', () => ({ username: 'robot', password: 's3cret-pw' })],
  ['a basic-auth Secret with line breaks at the end', () => ({ username: 'robot\n', password: 's3cret-pw\n' })],
  [
    "Tekton's .git-credentials and .gitconfig",
    () => ({
      '.git-credentials': `${host.url.replace('://', '://robot:s3cret-pw@')}\n`,
      '.gitconfig': `[credential "${host.url}"]\n\thelper = store\n`,
    }),
  ],
  ['.git-credentials alone', () => ({ '.git-credentials': host.url.replace('://', '://robot:s3cret-pw@') })],
])('%s opens a private repository and leaves no trace', async (_, files) => {
  const before = privateCopies();
  const into = `with-${count}`;
  const { exitCode, stdout, stderr } = await clone(into, `--basic-auth=${await secret(files())}`);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout + stderr).not.toContain('s3cret');
  expect(stderr).not.toContain(Buffer.from('robot:s3cret-pw').toString('base64'));
  expect(everythingIn(join(room, into))).not.toMatch(/s3cret|robot/u);
  expect(privateCopies()).toEqual(before);
  expect(stderr).toContain('without encryption');
});

test.each([
  [
    'a wrong password',
    { username: 'robot', password: 'wrong-pw' },
    4,
    'the server refused the credentials',
    'has password, username\n',
  ],
  [
    'credentials of other servers',
    { '.git-credentials': 'https://robot:wrong-pw@git.example\nhttps://wrong-pw@hub.example:8443/team/shop.git\n' },
    4,
    'the server refused the credentials',
    'has .git-credentials; .git-credentials names git.example, hub.example:8443, not 127.0.0.1:',
  ],
  [
    'a password without a user',
    { user: 'bob', password: 'wrong-pw' },
    3,
    'it has a password but no username',
    'its keys are password, user\n',
  ],
  ['an empty password', { username: 'robot', password: '' }, 3, 'password is empty', ''],
  [
    'a Secret of another kind',
    { token: 'wrong-pw' },
    3,
    'has no credentials for git',
    'nor .git-credentials, nor .gitconfig, but token\n',
  ],
])('%s has its own message, with the keys and hosts that there are', async (_, files, code, words, names) => {
  const ended = await clone('never', `--basic-auth=${await secret(files)}`);
  expect(ended).toMatchObject({ exitCode: code, stderr: expect.stringContaining(words) });
  expect(ended.stderr).toContain(names);
  expect(ended.stderr).not.toMatch(/wrong-pw|\bbob\b/u);
});

test('a password for an ssh URL has its own message', async () => {
  const basicAuth = await secret({ username: 'robot', password: 'wrong-pw' });
  const args = ['--url=git@git.example:team/shop.git', `--destination=${join(room, 'never')}`];
  const { exitCode, stderr } = await op.run(room, ['git-clone', ...args, `--basic-auth=${basicAuth}`]);
  expect(exitCode).toBe(3);
  expect(stderr).toContain(
    'it has password, username: a password works with http(s) URLs only, and this is git@git.example',
  );
});

test.each([
  ['a workspace that does not exist', () => join(room, 'nowhere'), 'cannot read the credentials'],
  ['known_hosts alone', () => secret({ known_hosts: 'x' }), 'none of its files is a private key: it has known_hosts\n'],
  [
    'a key without known_hosts',
    () => secret({ 'ssh-privatekey': '-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----' }),
    'without known_hosts, anyone could impersonate the git server: it has ssh-privatekey\n',
  ],
])('%s is not an ssh directory', async (_, directory, words) => {
  const ended = await clone('never', `--ssh-directory=${await directory()}`);
  expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining(words) });
});

test('certificates must be PEM', async () => {
  const ended = await clone('never', `--ssl-ca-directory=${await secret({ 'ca-bundle.crt': 'x' })}`);
  expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('has no BEGIN CERTIFICATE') });
});

test('a proxy is used when given, except for the hosts in --no-proxy', async () => {
  const open = await host.repository('open.git');
  await open.commit('First', { 'README.md': 'one\n' });
  const proxied = (into: string, ...flags: string[]) =>
    op.run(room, [
      'git-clone',
      `--url=${open.url}`,
      `--destination=${join(room, into)}`,
      '--http-proxy=http://127.0.0.1:1',
      ...flags,
    ]);
  const ended = await proxied('through', '--no-proxy=example.com');
  expect(ended).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('Failed to connect to 127.0.0.1 port 1'),
  });
  expect(await proxied('past', '--no-proxy=example.com,127.0.0.1')).toMatchObject({ exitCode: 0 });
});
