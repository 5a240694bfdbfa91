import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  kubernetesPath,
  missingTools,
  type KubernetesApi as Server,
  startKubernetesApi,
} from '../../../../test/op/kubernetes-api.js';
import { storeContract } from '../../../../test/op/store/contract.js';
import { testContext } from '../../../../test/op/test-context.js';
import type { Context } from '../../context.js';
import { openApi } from '../../systems/kubernetes/api.js';
import type { Store } from '../documents/store.js';
import { clusterStore } from './cluster.js';
import { configMapNameOf } from './documents.js';

test('the name of the ConfigMap of a document is readable, valid, and its own', () => {
  expect(configMapNameOf('environments/dev')).toMatch(/^octopipeline-environments-dev-[0-9a-f]{32}$/u);
  const paths = ['a/b', 'a-b', 'a_b', 'a.b', `${'x'.repeat(200)}/a`, `${'x'.repeat(200)}/b`];
  const names = paths.map(configMapNameOf);
  expect(new Set(names).size).toBe(paths.length);
  for (const name of names) expect(name).toMatch(/^(?=.{1,253}$)[a-z0-9]+(?:-+[a-z0-9]+)*$/u);
});

describe.skipIf(missingTools.length > 0)('on a real API server', () => {
  let server: Server;
  let room: string;
  beforeAll(async () => {
    room = await mkdtemp(join(tmpdir(), 'store-test-'));
    server = await startKubernetesApi();
    await server.kubectl(['create', 'namespace', 'shop']);
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await rm(room, { recursive: true, force: true });
  });
  const open = async (outer: Context): Promise<Store> => {
    const context = { ...outer, env: { PATH: kubernetesPath, HOME: room } };
    const api = await openApi(context, { kubeconfig: server.kubeconfig('admin'), namespace: 'shop' });
    return { ...clusterStore(context, api), [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
  };

  describe('the contract', () => storeContract(open));

  test('a document is a ConfigMap with its path, and a lock is the Lease of its name', async () => {
    await using store = await open(testContext().context);
    await store.create('environments/dev', { paused: true });
    const read = async (...what: string[]) =>
      JSON.parse(await server.kubectl(['get', ...what, '--namespace=shop', '--output=json']));
    const { metadata, data } = await read('configmap', configMapNameOf('environments/dev'));
    expect(data).toEqual({ path: 'environments/dev', 'document.json': '{\n  "paused": true\n}\n' });
    expect(metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'octopipeline',
      'app.kubernetes.io/component': 'store-document',
    });
    await using _ = await store.hold('octopipeline-dev-shop', { holder: 'ann', keep: false, wait: 1000 });
    const lease = await read('lease', 'octopipeline-dev-shop');
    expect(lease.metadata).toMatchObject({
      labels: { 'app.kubernetes.io/managed-by': 'octopipeline' },
      annotations: { 'octopipeline/holder-cluster': '' },
    });
    const micro = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z$/u);
    expect(lease.spec).toEqual({
      holderIdentity: 'ann',
      leaseDurationSeconds: 60,
      leaseTransitions: 0,
      acquireTime: micro,
      renewTime: micro,
    });
  });

  test('a ConfigMap of that name that someone else made is not touched', async () => {
    await using store = await open(testContext().context);
    const name = configMapNameOf('theirs');
    await server.kubectl(['create', 'configmap', name, '--namespace=shop', '--from-literal=path=theirs']);
    await expect(store.get('theirs')).rejects.toMatchObject({ kind: 'refused' });
    expect(await store.create('theirs', {})).toBe('conflict');
    expect((await store.list('')).map(({ path }) => path)).not.toContain('theirs');
  });
});
