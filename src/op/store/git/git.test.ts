import { execFileSync } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { storeContract } from '../../../../test/op/store/contract.js';
import { type GitRoom, startGitRoom } from '../../../../test/op/store/git-room.js';
import { testContext } from '../../../../test/op/test-context.js';
import type { Document } from '../documents/documents.js';

let git: GitRoom;
beforeAll(async () => {
  git = await startGitRoom();
});
afterEach(() => git.close());
afterAll(() => git?.stop());

const must = (found: Document | 'conflict' | undefined): Document => {
  if (found === undefined || found === 'conflict') throw new Error('there is no document');
  return found;
};
const configMap = (name: string, data: Readonly<Record<string, string>>) => ({
  name,
  labels: { 'app.kubernetes.io/component': 'image-info' },
  annotations: {},
  data,
});

describe('the contract', () => {
  let url: string;
  beforeAll(async () => {
    url = (await git.repository('contract.git')).url;
  });
  storeContract((context) => git.open(url, context), { patience: 2, rounds: 5 });
});

describe('the branch', () => {
  test('has the documents as files for people and for kubectl apply, each change with its author and a message', async () => {
    const { open, show } = await git.repository('files.git');
    const store = await open();
    const created = must(await store.create('environments/dev', { paused: true }));
    await store.configMaps.apply(
      configMap('image-info-shop', { no: 'no', when: '2026-01-02T03:04:05Z', commit: '1e3' }),
    );
    const changed = must(await store.replace(created, { paused: false }));
    expect(show('ls-tree', '-r', '--name-only', 'store').split('\n')).toEqual([
      'octopipeline/config-maps/image-info-shop.yaml',
      'octopipeline/environments/dev.json',
    ]);
    expect(show('show', 'store:octopipeline/environments/dev.json')).toBe('{\n  "paused": false\n}');
    const yaml = show('show', 'store:octopipeline/config-maps/image-info-shop.yaml');
    expect(parse(yaml, { version: '1.1' })).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'image-info-shop', labels: { 'app.kubernetes.io/component': 'image-info' } },
      data: { no: 'no', when: '2026-01-02T03:04:05Z', commit: '1e3' },
    });
    await store.remove(changed);
    expect(show('log', '--reverse', '--format=%an <%ae> %s', 'store').split('\n')).toEqual([
      'octopipeline <octopipeline@localhost> Create environments/dev',
      'octopipeline <octopipeline@localhost> Create config-maps/image-info-shop',
      'octopipeline <octopipeline@localhost> Change environments/dev',
      'octopipeline <octopipeline@localhost> Remove environments/dev',
    ]);
    expect(show('ls-tree', '-r', '--name-only', 'store')).toBe('octopipeline/config-maps/image-info-shop.yaml');
    expect(store.configMaps.show(['image-info-shop'])).toMatch(
      /^git fetch http:\/\/127.0.0.1:\d+\/files.git store && git show FETCH_HEAD:octopipeline\/config-maps\/image-info-shop.yaml$/u,
    );
  });

  test('is made without a parent, next to the other branches', async () => {
    const { open, show, commit } = await git.repository('orphan.git');
    const main = await commit('First', { 'README.md': 'x' });
    const store = await open();
    expect(await store.get('a')).toBeUndefined();
    expect(await store.list('')).toEqual([]);
    await store.create('a', {});
    expect(show('rev-parse', 'main')).toBe(main);
    expect(show('rev-list', '--count', 'store')).toBe('1');
    expect(show('log', '--format=%B', 'store')).toContain('This branch is a store of octopipeline');
    expect(show('ls-tree', '-r', '--name-only', 'store')).toBe('octopipeline/a.json');
  });

  test('that is deleted, or set back, is what the store is from then on', async () => {
    const { open, show } = await git.repository('deleted.git');
    const store = await open();
    const first = must(await store.create('a', { version: 1 }));
    const commit = show('rev-parse', 'store');
    const second = must(await store.replace(first, { version: 2 }));
    show('update-ref', 'refs/heads/store', commit);
    expect(await store.replace(second, { version: 3 })).toBe('conflict');
    expect(await store.get('a')).toEqual(first);
    show('update-ref', '-d', 'refs/heads/store');
    expect(await store.replace(first, { version: 3 })).toBe('conflict');
    expect(await store.get('a')).toBeUndefined();
    expect(await store.create('a', { version: 4 })).not.toBe('conflict');
  });

  test('has no commits of locks: those are in a branch of their own', async () => {
    const { open, show } = await git.repository('locks.git');
    const store = await open();
    await store.create('a', {});
    {
      await using _ = await store.hold('octopipeline-dev-shop', { holder: 'ann', keep: false, wait: 1000 });
      expect(JSON.parse(show('show', 'store-locks:octopipeline/locks/octopipeline-dev-shop.json'))).toMatchObject({
        holder: 'ann',
        seconds: 60,
      });
    }
    expect(show('rev-list', '--count', 'store')).toBe('1');
    expect(show('log', '--reverse', '--format=%s', 'store-locks').split('\n')).toEqual([
      'Hold locks/octopipeline-dev-shop for ann',
      'Release locks/octopipeline-dev-shop',
    ]);
  });

  test('of a repository with SHA-256 is a store too', async () => {
    const { open, bare, show } = await git.repository('sha256.git');
    await rm(bare, { recursive: true });
    execFileSync('git', ['init', '--quiet', '--bare', '--object-format=sha256', bare]);
    const store = await open();
    const first = must(await store.create('a', { version: 1 }));
    expect(first.revision).toHaveLength(64);
    const other = await open();
    expect(await other.get('a')).toEqual(first);
    const second = must(await other.replace(first, { version: 2 }));
    expect(await store.remove(second)).toBe('removed');
    expect(show('ls-tree', '-r', 'store')).toBe('');
  });
});

describe('people', () => {
  test('keep their own files, which are no documents', async () => {
    const { open, show, person } = await git.repository('own.git');
    await person('Mine', {
      'README.md': 'x',
      'package.json': '{}',
      'octopipeline/README.md': 'y',
      'octopipeline/A.json': '[',
    });
    const store = await open();
    const created = must(await store.create('a', {}));
    expect(await store.list('')).toEqual([created]);
    expect(await store.get('package')).toBeUndefined();
    await store.remove(created);
    expect(show('ls-tree', '-r', '--name-only', 'store').split('\n')).toEqual([
      'README.md',
      'octopipeline/A.json',
      'octopipeline/README.md',
      'package.json',
    ]);
  });

  test('may change other files meanwhile: the change is made again on their commit', async () => {
    const { open, show, person } = await git.repository('meanwhile.git');
    const store = await open();
    const first = must(await store.create('a', { version: 1 }));
    await person('Meanwhile', { 'octopipeline/b.json': '{"by": "hand"}', 'notes.txt': 'x' });
    const second = must(await store.replace(first, { version: 2 }));
    expect(await store.get('a')).toEqual(second);
    expect((await store.get('b'))?.body).toEqual({ by: 'hand' });
    expect(show('log', '--reverse', '--format=%s', 'store').split('\n')).toEqual(['Create a', 'Meanwhile', 'Change a']);
  });

  test('may edit documents: what was read before is then no basis for a change', async () => {
    const { open, person } = await git.repository('edited.git');
    const store = await open();
    const first = must(await store.create('a', { version: 1 }));
    await store.configMaps.apply(configMap('web', { digest: '1' }));
    await person('By hand', {
      'octopipeline/a.json': '{"version":\n7}',
      'octopipeline/config-maps/web.yaml':
        '# by hand\nkind: ConfigMap\nmetadata: {name: web, labels: {team: shop}}\ndata: {digest: "2", extra: x}\n',
    });
    expect(await store.replace(first, { version: 2 })).toBe('conflict');
    expect(await store.remove(first)).toBe('conflict');
    expect((await store.get('a'))?.body).toEqual({ version: 7 });
    await store.configMaps.apply(configMap('web', { digest: '3' }));
    expect(await store.configMaps.get('web')).toMatchObject({
      labels: { team: 'shop', 'app.kubernetes.io/component': 'image-info' },
      data: { digest: '3', extra: 'x' },
    });
  });

  test('who have a name in their Git configuration are the authors', async () => {
    const { open, show } = await git.repository('author.git');
    await writeFile(join(git.room, '.gitconfig'), '[user]\n\tname = Ann\n\temail = ann@example.com\n');
    const store = await open();
    await store.create('a', {});
    await writeFile(join(git.room, '.gitconfig'), '');
    expect(show('log', '--format=%an <%ae> %cn', 'store')).toBe('Ann <ann@example.com> Ann');
  });
});

test('many changes at once by one process need few pushes', async () => {
  const { open, show } = await git.repository('many.git');
  const store = await open();
  const names = Array.from({ length: 40 }, (_, at) => `many/${at}`);
  const created = await Promise.all(names.map((path) => store.create(path, { path })));
  expect(created).not.toContain('conflict');
  expect(await store.list('many')).toHaveLength(40);
  expect(Number(show('rev-list', '--count', 'store'))).toBeLessThan(4);
  expect(show('log', '-1', '--format=%B', 'store')).toContain('Change 40 documents\n\nCreate many/0\nCreate many/1\n');
});

test('leaves nothing on this machine', async () => {
  const { url } = await git.repository('traces.git');
  const before = (await readdir(git.room)).filter((name) => name.startsWith('op-git-')).length;
  {
    await using store = await git.open(url, testContext().context);
    await store.create('a', {});
    await store.within(testContext().context)[Symbol.asyncDispose]();
    expect((await store.get('a'))?.body).toEqual({});
  }
  expect((await readdir(git.room)).filter((name) => name.startsWith('op-git-'))).toHaveLength(before);
});
