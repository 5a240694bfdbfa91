import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf, type Fleet, sample, startFleet, web } from '../../../../test/op/fleet.js';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import { type SshServer, sshd, startSshServer } from '../../../../test/op/ssh-server.js';

let fleet: Fleet;
let shop: HostedRepository;
beforeAll(async () => {
  fleet = await startFleet();
  shop = await fleet.repository('shop.git', {
    ...sample,
    'other/list.yaml': 'a: 1\n---\na: 2\n',
    'binary.yaml': 'a: \u0000\n',
    'latin1.yaml': 'a: 1\n',
    'large.yaml': `a: 1\n${'# a long comment that nobody reads\n'.repeat(40_000)}`,
    '-rf.yaml': 'image: v1\n',
  });
});
afterAll(() => fleet?.stop());

const tipOf = ({ bare }: HostedRepository, branch = 'main') =>
  execFileSync('git', ['-C', bare, 'rev-parse', branch], { encoding: 'utf8' }).trim();
const temporary = () => readdirSync(fleet.op.temporary);

describe('nothing is pushed, and the error says why, for', () => {
  test.each([
    ['a missing file', '--set=pp/shopp.yaml:a=web:tag', 3, 'name an existing file: pp/shop.yaml'],
    ['a folder', '--set=pp:a=web:tag', 3, 'it is a folder'],
    ['a missing path', '--set=pp/shop.yaml:spec.values.wep.image=web:tag', 3, 'no key "wep"; it has web, api'],
    [
      'two documents',
      '--set=other/list.yaml:a=web:tag',
      3,
      'write the index of the document before the path, such as 0#a',
    ],
    [
      'an image that was not built',
      '--set=pp/shop.yaml:spec.values.web.image=wep:tag',
      3,
      'the build result has no image "wep"',
    ],
    ['a binary file', '--set=binary.yaml:a=web:tag', 3, 'line 1 contains a control character'],
    ['a very large file', '--set=large.yaml:a=web:tag', 3, 'the maximum is 1000000'],
    ['a file of text as kustomization', '--kustomization=README.md', 3, 'README.md is not a kustomization'],
    ['a path out of the repository', '--set=../x.yaml:a=web:tag', 6, 'it leaves the repository with ".."'],
    [
      'a path out of the repository, hidden',
      '--kustomization=pp/../../x.yaml',
      6,
      'it leaves the repository with ".."',
    ],
    ['an absolute path', '--set=/etc/passwd:a=web:tag', 6, 'it is an absolute path'],
    ['a path into .git', '--set=pp/.GIT/config:a=web:tag', 6, 'it is inside a .git folder'],
    ['a path with a line break', '--set=pp/a\nb.yaml:a=web:tag', 6, 'it contains a line break'],
    ['--set without a path', '--set=pp/shop.yaml=web:tag', 2, 'it needs FILE:PATH'],
    ['--set without a part', '--set=pp/shop.yaml:a=web', 2, 'it needs IMAGE:PART'],
    ['--set with an unknown part', '--set=pp/shop.yaml:a=web:sha', 2, 'reference, repository, tag, digest, tag@digest'],
    ['an invalid path', '--set=pp/shop.yaml:a..b=web:tag', 3, 'no key follows a'],
    ['a missing branch', '--branch=mian', 3, 'the default branch main'],
    ['a branch that is an option', '--branch=--upload-pack=touch x', 3, 'it starts with "-"'],
    ['a branch that is a refspec', '--branch=main:refs/heads/x', 3, 'it has a space or one of'],
    ['an author with a line break', '--author-name=a\nb', 3, 'invalid --author-name='],
    ['an author that adds an address', '--author-email=x> <y', 3, 'invalid --author-email='],
    ['an unknown environment', '--environment=qa', 3, 'unknown environment "qa"'],
    ['an unknown image name', '--image-name=wep', 3, 'has no image "wep"'],
  ])('%s', async (_, flag, code, words) => {
    const before = tipOf(shop);
    const flags = flag.startsWith('--set') || flag.startsWith('--kust') ? [flag] : [web, flag];
    const ended = await fleet.set(shop, ...flags);
    expect(ended).toMatchObject({ exitCode: code, stderr: expect.stringContaining(words) });
    expect(ended.stderr).toMatch(/^error: .*\n {2}why: .*\n {2}do: {2}.*$/mu);
    expect(tipOf(shop)).toBe(before);
    expect(temporary()).toEqual([]);
  });

  test.each([
    ['ext::touch', 3, 'it names a helper program'],
    ['file:///etc', 3, 'op does not use file://'],
    ['--upload-pack=touch', 3, 'it starts with "-"'],
    ['https://robot:secret-pw@example.com/x.git', 3, 'contains a password'],
  ])('the repository %s', async (url, code, words) => {
    const ended = await fleet.set({ url }, web);
    expect(ended).toMatchObject({ exitCode: code, stderr: expect.stringContaining(words) });
    expect(ended.stderr).not.toContain('secret-pw');
  });

  test.each([
    ['a tag that is a shell command', 'r.io/dev/web:$(touch x)'],
    ['a tag with a line break', 'r.io/dev/web:v1\nimage: evil'],
    ['a tag that starts with "-"', 'r.io/dev/web:-v1'],
    ['a path with a quote', `r.io/dev/we"b:v1@${digestOf('v1')}`],
    ['an invalid digest', 'r.io/dev/web:v1@sha256:abc'],
    ['no digest', 'r.io/dev/web:v1'],
    ['an image of elsewhere', `evil.io/web:v1@${digestOf('v1')}`],
  ])('a build result with %s', async (_, tag) => {
    const file = join(fleet.directory, 'hostile.json');
    await writeFile(file, JSON.stringify({ builds: [{ imageName: 'web', tag }] }));
    const before = tipOf(shop);
    expect(await fleet.set(shop, web, `--build-result=${file}`)).toMatchObject({ exitCode: 3 });
    expect(tipOf(shop)).toBe(before);
  });

  test('a build result without an image that the manifests need', async () => {
    const flag = await fleet.build('v3', ['api']);
    const ended = await fleet.set(shop, web, flag);
    expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('has no image "web"') });
  });

  test('a file whose text is not UTF-8', async () => {
    const repository = await fleet.repository('latin1.git');
    writeFileSync(join(repository.workingCopy, 'pp/latin1.yaml'), Buffer.from('a: gr\xfcn\nimage: v1\n', 'latin1'));
    await repository.commit('Latin 1');
    const ended = await fleet.set(repository, '--set=pp/latin1.yaml:image=web:tag');
    expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('it is not UTF-8 text') });
  });

  test('a symbolic link, to a file and on the way to one', async () => {
    const repository = await fleet.repository('links.git');
    mkdirSync(join(repository.workingCopy, 'links'));
    symlinkSync('../pp/shop.yaml', join(repository.workingCopy, 'links/shop.yaml'));
    symlinkSync('/etc', join(repository.workingCopy, 'etc'));
    const before = await repository.commit('Links');
    for (const file of ['links/shop.yaml', 'etc/hostname']) {
      const ended = await fleet.set(repository, `--set=${file}:a=web:tag`);
      expect(ended).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('is a symbolic link') });
    }
    expect(tipOf(repository)).toBe(before);
  });

  test('an empty repository', async () => {
    const repository = await fleet.host.repository('empty.git');
    const ended = await fleet.set(repository, web);
    expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('the repository is empty') });
  });

  test('a missing repository', async () => {
    const ended = await fleet.set({ url: `${fleet.host.url}/nowhere.git` }, web);
    expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('repository not found') });
  });

  test('a protected branch: the words of the server are shown', async () => {
    const repository = await fleet.repository('protected.git');
    const hook = join(repository.bare, 'hooks/pre-receive');
    await mkdir(join(repository.bare, 'hooks'), { recursive: true });
    await writeFile(
      hook,
      '#!/bin/sh\necho "GitLab: You are not allowed to push code to protected branches" >&2\nexit 1\n',
    );
    await chmod(hook, 0o755);
    const before = tipOf(repository);
    const ended = await fleet.set(repository, web);
    expect(ended).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('the branch is protected, or a hook') });
    expect(ended.stderr).toContain('You are not allowed to push code to protected branches');
    expect(tipOf(repository)).toBe(before);
  });

  test('a repository whose branch is checked out on the server', async () => {
    const repository = await fleet.repository('checked-out.git');
    execFileSync('git', ['-C', repository.bare, 'config', 'core.bare', 'false']);
    const ended = await fleet.set(repository, web);
    expect(ended).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('the branch is checked out in that repository'),
    });
  });

  test('a user with read access only', async () => {
    const readOnly: GitHost = await startGitHost();
    const repository = await readOnly.repository('shop.git');
    await repository.commit('First', sample);
    const ended = await fleet.set(repository, web);
    await readOnly.stop();
    expect(ended).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('a push needs write access') });
  });
});

test('a file may be named like an option', async () => {
  expect(await fleet.set(shop, '--set=-rf.yaml:image=web:tag')).toMatchObject({ exitCode: 0 });
  expect(execFileSync('git', ['-C', shop.bare, 'show', 'main:-rf.yaml'], { encoding: 'utf8' })).toBe('image: v2\n');
});

describe('credentials', () => {
  async function secret(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const directory = join(fleet.directory, name);
    await mkdir(directory);
    for (const [file, content] of Object.entries(files))
      await writeFile(join(directory, file), content, { mode: 0o644 });
    return directory;
  }

  test('of a basic-auth Secret are used for the push too, and seen nowhere', async () => {
    const repository = await fleet.repository('private/shop.git');
    const directory = await secret('basic', { username: 'robot', password: 's3cret-pw' });
    const ended = await fleet.set(repository, web, `--basic-auth=${directory}`, '--debug');
    expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('pushed ') });
    expect(ended.stdout + ended.stderr).not.toMatch(/s3cret|cm9ib3Q6czNjcmV0LXB3/u);
    expect(temporary()).toEqual([]);
  });

  test('that are wrong are refused, and seen nowhere', async () => {
    const repository = await fleet.repository('private/other.git');
    const directory = await secret('wrong', { username: 'robot', password: 'wrong-pw' });
    const ended = await fleet.set(repository, web, `--basic-auth=${directory}`, '--debug');
    expect(ended).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('the server refused the credentials') });
    expect(ended.stderr).not.toContain('wrong-pw');
    expect(temporary()).toEqual([]);
  });

  test.skipIf(sshd === undefined)('of an ssh-auth Secret open a repository over ssh', async () => {
    const server: SshServer = await startSshServer();
    const repository = await fleet.repository('over-ssh.git');
    const directory = await secret('ssh', { 'ssh-privatekey': server.privateKey, known_hosts: server.knownHosts });
    const ended = await fleet.set({ url: `${server.url}${repository.bare}` }, web, `--ssh-directory=${directory}`);
    await server.stop();
    expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('pushed ') });
    expect(ended.stderr).not.toContain('PRIVATE KEY');
    expect(temporary()).toEqual([]);
  });
});

describe('an interruption', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('by %s in the middle of a transfer leaves no directory, and no push', async (signal, code) => {
    const repository = await fleet.repository(`slow/${signal}.git`);
    const before = tipOf(repository);
    const flags = [`--repository=${repository.url}`, await fleet.build('v2'), web];
    const ended = await fleet.op.interrupt(
      fleet.directory,
      ['set-image', '--environment=pp', ...flags],
      'set web',
      signal,
    );
    expect(ended).toMatchObject({ exitCode: code });
    expect(temporary()).toEqual([]);
    expect(tipOf(repository)).toBe(before);
  });

  test('by the deadline ends with exit code 5', async () => {
    const repository = await fleet.repository('slow/late.git');
    const ended = await fleet.set(repository, web, '--timeout=2s');
    expect(ended).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('timed out setting the images in main of'),
    });
    expect(temporary()).toEqual([]);
  });

  test('by a second signal leaves no directory either', async () => {
    const repository = await fleet.repository('slow/twice.git');
    const flags = [`--repository=${repository.url}`, await fleet.build('v2'), web];
    const args = ['set-image', '--environment=pp', ...flags];
    await fleet.op.interrupt(fleet.directory, args, 'set web', 'SIGTERM', 'SIGTERM');
    expect(temporary()).toEqual([]);
    expect(existsSync(fleet.op.temporary)).toBe(true);
  });
});
