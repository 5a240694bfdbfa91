import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WireTaskSpec } from '../../tekton/wire/task.js';
import { volumesFor, writeObjectFiles } from './object-files.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'object-files-'));
});
afterEach(() => rm(root, { recursive: true }));

const files = (keys: Record<string, string>) => ({ configMaps: { c: keys }, secrets: {} });
const volume = (of: object) => {
  const spec = { steps: [], volumes: [{ name: 'v', ...of }] } as unknown as WireTaskSpec;
  const home = {
    root: join(root, 'state'),
    runs: join(root, 'state/runs'),
    claims: join(root, 'state/claims'),
    store: join(root, 'state/store'),
  };
  return volumesFor(spec.volumes, files({ k: 'dmFsdWU=' }), home, join(root, 'run/objects'));
};

test('keys are files; an item may be a path below its volume', async () => {
  await writeObjectFiles(join(root, 'run'), files({ '.a-key_1': 'dmFsdWU=' }));
  expect(await readFile(join(root, 'run/configMaps/c/.a-key_1'), 'utf8')).toBe('value');
  const made = await volume({ configMap: { name: 'c', items: [{ key: 'k', path: 'a/b' }] } });
  expect(await readFile(join(made.v?.directory ?? '', 'a/b'), 'utf8')).toBe('value');
});

test.each(['../../../new', '..', '.', ''])('the key %j is not written', async (key) => {
  await expect(writeObjectFiles(join(root, 'run'), files({ [key]: '' }))).rejects.toThrow('leads out of its volume');
  expect(await readdir(root)).toEqual(['run']);
});

test('nor are keys of an object whose name is a path', async () => {
  const named = { configMaps: {}, secrets: { '..': { cancel: '' } } };
  await expect(writeObjectFiles(join(root, 'run'), named)).rejects.toThrow('is not the name of a file');
});

test.each(['../../../new', 'a/../../../../new'])('the item %j is not written', async (path) => {
  await expect(volume({ configMap: { name: 'c', items: [{ key: 'k', path }] } })).rejects.toThrow('leads out');
});

test.each(['..', '../..', 'a/b'])('the claim %j is no directory', async (claimName) => {
  await expect(volume({ persistentVolumeClaim: { claimName } })).rejects.toThrow('is not the name of a file');
});
