import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitHost, type HostedRepository, startGitHost } from '../../../../test/op/git-host.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { parseGitUrl } from '../../systems/git/url.js';
import { parseRefspecs, parseRevision } from './revision.js';

describe('the URL of a repository', () => {
  test.each([
    ['https://example.com/group/shop.git', 'https', 'https://example.com/group/shop.git'],
    ['http://localhost:8080/shop', 'http', 'http://localhost:8080/shop'],
    ['https://org@dev.azure.com/org/project/_git/shop', 'https', 'https://dev.azure.com/org/project/_git/shop'],
    ['ssh://git@example.com:2222/shop.git', 'ssh', 'ssh://git@example.com:2222/shop.git'],
    ['git://example.com/shop.git', 'git', 'git://example.com/shop.git'],
    ['git@example.com:group/shop.git', 'ssh', 'git@example.com:group/shop.git'],
    ['example.com:shop.git', 'ssh', 'example.com:shop.git'],
    ['git@[::1]:shop.git', 'ssh', 'git@[::1]:shop.git'],
    ['https://example.com/größe.git', 'https', 'https://example.com/größe.git'],
  ])('%s is accepted', (text, transport, clean) => {
    expect(parseGitUrl(text)).toMatchObject({ transport, clean });
  });

  test.each([
    '',
    '/etc',
    './shop',
    '../shop.git',
    'shop',
    'file:///etc',
    'FILE:///etc',
    'ftp://example.com/shop',
    'ext::sh -c touch% /tmp/x',
    'ext::sh',
    'fd::17',
    'http::https://example.com/shop',
    '--upload-pack=touch /tmp/x',
    '-oProxyCommand=touch',
    '-oProxyCommand=x@example.com:shop',
    'ssh://-oProxyCommand=touch/shop',
    'ssh://-x@example.com/shop',
    'git@-oProxyCommand=x:shop',
    'git@example.com:-x',
    'https://',
    'https://example.com',
    'https:///shop',
    'https://example.com/a?token=x',
    'https://example.com/a#x',
    'https://example.com/a\nb',
    'https://example.com/a\u202eb',
    'https://example.com/a b',
    'https://%zz@example.com/a',
    'https://example.com\\@example.org/a',
    `https://example.com/${'a'.repeat(3000)}`,
  ])('%j is refused', (text) => {
    expect(() => parseGitUrl(text)).toThrow(expect.objectContaining({ kind: 'input' }));
  });

  test('with a password is refused, and the password is not shown', () => {
    expect.assertions(2);
    try {
      parseGitUrl('https://bob:s3cret@example.com/shop.git');
    } catch (error) {
      expect(error).toMatchObject({
        kind: 'input',
        message: 'the URL https://example.com/shop.git contains a password',
      });
      expect(JSON.stringify(error)).not.toContain('s3cret');
    }
  });
});

describe('a revision', () => {
  test.each([
    'main',
    'release/1.x',
    'v1.0.0',
    'refs/pull/1/head',
    'grün',
    '日本',
    '$(id)',
    '`id`',
    "it's",
    '"x"',
    'a;b',
    'a&b',
    '#1',
  ])('%j is accepted', (text) => expect(parseRevision(text)).toEqual({ kind: 'name', name: text }));

  test('a full commit id is a commit, even in capitals', () => {
    expect(parseRevision('A'.repeat(40))).toEqual({ kind: 'commit', commit: 'a'.repeat(40) });
    expect(parseRevision('b'.repeat(64))).toEqual({ kind: 'commit', commit: 'b'.repeat(64) });
  });

  test.each([
    ...[
      '-x',
      '--upload-pack=touch /tmp/x',
      'main\n--upload-pack=x',
      'a b',
      'main~1',
      'main^',
      'a..b',
      'main@{1}',
      '@',
      'a:b',
      'a*',
    ],
    ...[
      '/main',
      'main/',
      'a//b',
      '.main',
      'a/.b',
      'main.lock',
      'main.',
      'a\u0000b',
      'a\u202eb',
      'a\\b',
      'ü'.repeat(501),
    ],
  ])('%j is refused', (text) => {
    expect(() => parseRevision(text)).toThrow(expect.objectContaining({ kind: 'input' }));
  });

  test.each(['--upload-pack=x', '+-x', 'a:--x', 'a:b:c', ':b', 'a..b', '^a', 'a\u0007'])(
    'refspec %j is refused',
    (text) => {
      expect(() => parseRefspecs(text)).toThrow(expect.objectContaining({ kind: 'input' }));
    },
  );
});

describe('op git-clone', () => {
  let op: Op;
  let host: GitHost;
  let shop: HostedRepository;
  let room: string;
  const marker = join(tmpdir(), `op-was-here-${process.pid}`);

  beforeAll(async () => {
    [op, host] = await Promise.all([bundledOp(['git']), startGitHost()]);
    room = await mkdtemp(join(tmpdir(), 'hostile-test-'));
    shop = await host.repository('shop.git');
    await shop.commit('First', { 'README.md': 'one\n' });
    shop.git('push', '--quiet', 'origin', 'HEAD:refs/heads/$(touch${IFS}x)', 'HEAD:refs/heads/it\'s;"quoted"&`id`');
  });
  afterAll(async () => {
    await Promise.all([op?.dispose(), host?.stop(), rm(room, { recursive: true, force: true })]);
  });

  test.each([
    ['--revision', `--upload-pack=touch ${marker}`],
    ['--revision', `$(touch ${marker})`],
    ['--revision', `x\n--upload-pack=touch ${marker}`],
    ['--refspec', `--upload-pack=touch ${marker}`],
    ['--url', `ext::touch ${marker}`],
    ['--url', `--upload-pack=touch ${marker}`],
    ['--url', `ssh://-oProxyCommand=touch ${marker}/x`],
    ['--depth', `1 --upload-pack=touch ${marker}`],
    ['--depth', '-1'],
    ['--depth', '0x10'],
    ['--subdirectory', '../elsewhere'],
    ['--subdirectory', '/etc'],
    ['--subdirectory', 'a/../../b'],
    ['--subdirectory', '.git/hooks'],
    ['--sparse-checkout-directories', 'a\n!/b'],
  ])('%s=%j ends with exit code 3, and nothing runs or is written', async (flag, value) => {
    const into = join(room, 'nothing');
    const flags = [`--url=${shop.url}`, `--destination=${into}`, `${flag}=${value}`];
    const { exitCode, stderr } = await op.run(room, ['git-clone', ...flags]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 3 });
    expect(stderr).toMatch(/^error: .*\n {2}why: .*\n {2}do: {2}.*$/mu);
    expect(existsSync(marker)).toBe(false);
    expect(existsSync(into)).toBe(false);
  });

  test.each(['$(touch${IFS}x)', 'it\'s;"quoted"&`id`'])('a branch can really be called %s', async (revision) => {
    const into = join(room, `branch-${revision.length}`);
    const flags = [`--url=${shop.url}`, `--destination=${into}`, `--revision=${revision}`];
    expect(await op.run(room, ['git-clone', ...flags])).toMatchObject({ exitCode: 0 });
    expect(readdirSync(into).sort()).toEqual(['.git', 'README.md']);
  });

  test.each([
    ['an unknown revision: the error names the default branch', ['--revision=nope'], 3, 'try the default branch main'],
    ['a similar name is suggested', ['--revision=MAI'], 3, 'a similar name: main'],
    [
      'an abbreviated commit: the error asks for the full id',
      ['--revision=abc1234'],
      3,
      'a server finds a commit only by its full id',
    ],
    ['an unknown commit', [`--revision=${'a'.repeat(40)}`], 3, 'it is not in the history of any branch or tag'],
  ])('%s', async (_, flags, code, words) => {
    const into = join(room, 'kept');
    await op.run(room, ['git-clone', `--url=${shop.url}`, `--destination=${into}`]);
    const ended = await op.run(room, ['git-clone', `--url=${shop.url}`, `--destination=${into}`, ...flags]);
    expect(ended).toMatchObject({ exitCode: code, stderr: expect.stringContaining(words) });
  });

  test.each([
    ['a repository that does not exist', () => `${host.url}/nope.git`, 3, 'repository not found'],
    ['a port where nothing listens', () => 'http://127.0.0.1:1/shop.git', 4, 'the server cannot be reached'],
    ['an unknown host name', () => 'http://nope.invalid/shop.git', 4, 'DNS cannot resolve the host name'],
    [
      'a server that requires a password',
      () => `${host.url}/private/shop.git`,
      4,
      'the server refused the credentials',
    ],
  ])('%s', async (_, url, code, words) => {
    const ended = await op.run(room, ['git-clone', `--url=${url()}`, `--destination=${join(room, 'none')}`]);
    expect(ended).toMatchObject({ exitCode: code, stderr: expect.stringContaining(words) });
  });
});
