import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findNamespace } from './request.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'namespace-test-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

test('in a pod, the namespace is the one that Kubernetes mounts, unless another is given', async () => {
  const file = join(room, 'namespace');
  await writeFile(file, 'ci-builds\n');
  expect(await findNamespace(undefined, file)).toBe('ci-builds');
  expect(await findNamespace('shop', file)).toBe('shop');
});

test('outside of a pod it is left to the kubeconfig', async () => {
  expect(await findNamespace(undefined, join(room, 'none'))).toBeUndefined();
});

test.each(['', 'Shop', 'a b', '-x', 'x'.repeat(64), 'a/b', 'kube\nsystem'])('%j is no namespace', async (name) => {
  await expect(findNamespace(name, join(room, 'none'))).rejects.toMatchObject({ kind: 'input' });
});
