import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { storeContract } from '../../../../test/op/store/contract.js';
import { expectNothingLost } from '../../../../test/op/store/rivals.js';
import { testContext } from '../../../../test/op/test-context.js';
import { openDirectoryStore } from './directory.js';

let room: string;
beforeAll(async () => {
  room = await realpath(await mkdtemp(join(tmpdir(), 'store-test-')));
});
afterAll(() => rm(room, { recursive: true, force: true }));
const open = (name: string) => openDirectoryStore(testContext({ cwd: room }).context, name);

describe('the contract', () => storeContract((context) => openDirectoryStore(context, join(room, 'contract'))));

describe('the files', () => {
  test('are the documents, for people and for kubectl apply', async () => {
    const store = await open('files');
    await store.create('environments/dev', { paused: true });
    const labels = { 'app.kubernetes.io/component': 'image-info' };
    await store.configMaps.apply({
      name: 'image-info-shop',
      labels,
      annotations: {},
      data: { no: 'no', when: '2026-01-02T03:04:05Z', commit: '1e3' },
    });
    expect(await readFile(join(room, 'files/environments/dev.json'), 'utf8')).toBe('{\n  "paused": true\n}\n');
    const text = await readFile(join(room, 'files/config-maps/image-info-shop.yaml'), 'utf8');
    expect(text).toContain('commit: "1e3"');
    expect(parse(text, { version: '1.1' })).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'image-info-shop', labels },
      data: { no: 'no', when: '2026-01-02T03:04:05Z', commit: '1e3' },
    });
    expect(await readdir(join(room, 'files/config-maps'))).toEqual(['image-info-shop.yaml']);
  });

  test('go with their document', async () => {
    const store = await open('gone');
    const created = await store.create('a', {});
    if (created === 'conflict') return expect.unreachable();
    await store.remove(created);
    expect(await readdir(join(room, 'gone'))).toEqual(['.octopipeline']);
  });

  test.each([
    ['was lost', (file: string) => rm(file)],
    [
      'is that of an older revision, because the writer was killed',
      (file: string) => writeFile(file, '{ "version": 0 }'),
    ],
    ['was edited by hand', (file: string) => writeFile(file, 'no JSON')],
  ])('are written again by the next reader when one %s', async (_, spoil) => {
    const store = await open('healed');
    const path = `healed/${Math.random().toString(36).slice(2)}`;
    await store.create(path, { version: 1 });
    const file = join(room, 'healed', `${path}.json`);
    await spoil(file);
    expect((await store.get(path))?.body).toEqual({ version: 1 });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ version: 1 });
  });
});

describe('what does not belong there', () => {
  test.each([
    ['the folder of the revisions', '.octopipeline', 'dir'],
    ['a folder of revisions', '.octopipeline/a', 'dir'],
    ['a revision', '.octopipeline/a/b/@1', 'file'],
    ['a folder', 'a', 'dir'],
  ] as const)('a symbolic link instead of %s is not followed', async (_, place, kind) => {
    const name = `link-${Math.random().toString(36).slice(2)}`;
    const outside = join(room, `${name}-outside`);
    await mkdir(join(room, name, place, '..'), { recursive: true });
    await mkdir(outside);
    if (kind === 'file') await writeFile(join(outside, 'secret'), '{"secret": true}');
    await symlink(kind === 'file' ? join(outside, 'secret') : outside, join(room, name, place));
    const store = await open(name);
    await expect(store.create('a/b', {})).rejects.toMatchObject({ kind: 'tool' });
    if (kind === 'file') await expect(store.get('a/b')).rejects.toMatchObject({ kind: 'tool' });
    else expect(await readdir(outside)).toEqual([]);
  });

  test('is no document', async () => {
    const store = await open('odd');
    await store.create('a', {});
    await mkdir(join(room, 'odd/.octopipeline/.new/x'), { recursive: true });
    await writeFile(join(room, 'odd/.octopipeline/a/@x'), 'x');
    await writeFile(join(room, 'odd/README.md'), 'x');
    expect((await store.list('')).map(({ path }) => path)).toEqual(['a']);
    expect(await readdir(join(room, 'odd'))).toContain('README.md');
  });

  test('a revision that is not JSON is an error with its path, and so is a huge one', async () => {
    const store = await open('broken');
    for (const [name, text] of [
      ['text', 'x'],
      ['huge', `{"x":"${'x'.repeat(600_000)}"}`],
    ] as const) {
      await mkdir(join(room, 'broken/.octopipeline', name), { recursive: true });
      await writeFile(join(room, 'broken/.octopipeline', name, '@1'), text);
      await expect(store.get(name)).rejects.toMatchObject({ kind: 'tool', message: expect.stringContaining(name) });
    }
  });
});

test('a directory that cannot be written is an error that says so', async () => {
  await writeFile(join(room, 'file'), '');
  const store = await open('file');
  await expect(store.create('a', {})).rejects.toMatchObject({
    kind: 'tool',
    message: expect.stringContaining('cannot write document a to the directory'),
    hint: expect.stringContaining('--store'),
  });
});

test('a lock in a directory that cannot be written is an error that says so', async () => {
  await writeFile(join(room, 'a-file'), '');
  const store = await open('a-file/store');
  await expect(store.hold('any', { holder: 'ann', keep: false, wait: 0 })).rejects.toMatchObject({
    kind: 'tool',
    message: `cannot write to the directory ${room}/a-file/store`,
  });
});

test('old revisions are deleted, and recent ones stay for writers that are slow', async () => {
  const store = await open('old');
  const folder = join(room, 'old/.octopipeline/a');
  await store.create('a', { version: 0 });
  for (let version = 1; version < 6; version += 1) {
    const found = await store.get('a');
    if (found) await store.replace(found, { version });
  }
  expect((await readdir(folder)).toSorted()).toEqual(['@1', '@2', '@3', '@4', '@5', '@6']);
});

describe('processes that compete and are killed', () => {
  test('lose no write that was confirmed, and leave nothing that others wait for', { timeout: 120_000 }, async () => {
    const directory = join(room, 'killed');
    const store = await openDirectoryStore(testContext().context, directory);
    const count = await expectNothingLost(store, { chosen: `directory:${directory}`, lives: 40, within: 600 });
    expect(JSON.parse(await readFile(join(directory, 'count.json'), 'utf8'))).toMatchObject({ count });
  });
});
