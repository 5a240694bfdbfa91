import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubeconfigFor, kubernetesPath } from '../../../../test/op/kubernetes-api.js';
import { testContext } from '../../../../test/op/test-context.js';
import { namespaceOf } from './namespace.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'namespace-test-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

const find = (given: string | undefined, file: string, kubeconfig?: string) =>
  namespaceOf(
    testContext({ env: { PATH: kubernetesPath, HOME: room, KUBECONFIG: '/dev/null' } }).context,
    { kubeconfig },
    given,
    join(room, file),
  );

test('in a pod, the namespace is the one that Kubernetes mounts, unless another is given', async () => {
  await writeFile(join(room, 'namespace'), 'ci-builds\n');
  expect(await find(undefined, 'namespace')).toBe('ci-builds');
  expect(await find('shop', 'namespace')).toBe('shop');
});

test('outside of a pod it is that of the kubeconfig, or default', async () => {
  const kubeconfig = join(room, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigFor('admin', 'shop', 1));
  expect(await find(undefined, 'none', kubeconfig)).toBe('shop');
  expect(await find(undefined, 'none')).toBe('default');
});

test.each(['', 'Shop', 'a b', '-x', 'x'.repeat(64), 'a/b', 'kube\nsystem'])('%j is invalid', async (name) => {
  await expect(find(name, 'none')).rejects.toMatchObject({ kind: 'input' });
});
