import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createCatalog } from '../../src/catalog.js';
import { type KubernetesApi, missingTools, startKubernetesApi } from '../../test/op/kubernetes-api.js';

const namespace = 'ci';
const refused = 'this account may only write ConfigMaps with image info';

describe.skipIf(missingTools.length > 0)('the policy for image info, on a real API server', () => {
  let server: KubernetesApi;
  const apply = (manifest: object | string, ...more: readonly string[]) =>
    server.kubectl(
      ['apply', `--namespace=${namespace}`, '--filename=-', ...more],
      typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
    );
  /** What the API server says to an account that may write every ConfigMap of the namespace, as far as RBAC goes. */
  const as = (account: string, args: readonly string[]) =>
    server
      .kubectl([...args, `--namespace=${namespace}`, `--as=system:serviceaccount:${namespace}:octopipeline-${account}`])
      .catch((error: Error) => error.message);
  const patch = (name: string, what: object) => ['patch', 'configmap', name, `--patch=${JSON.stringify(what)}`];

  beforeAll(async () => {
    server = await startKubernetesApi();
    await server.kubectl(['create', 'namespace', namespace]);
    await apply(createCatalog({}).files().get('optional/image-info-policy.yaml') ?? '');
    for (const account of ['deliver', 'mirror']) {
      const subject = `--serviceaccount=${namespace}:octopipeline-${account}`;
      await server.kubectl([
        'create',
        'rolebinding',
        account,
        '--clusterrole=configmap-editor',
        subject,
        `--namespace=${namespace}`,
      ]);
    }
    await server.kubectl([
      'create',
      'clusterrole',
      'configmap-editor',
      '--verb=get,create,patch,update,delete',
      '--resource=configmaps',
    ]);
    const labels = { 'app.kubernetes.io/managed-by': 'octopipeline', 'app.kubernetes.io/component': 'image-info' };
    const configMap = (name: string, more: object) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, ...more },
      data: { key: 'value' },
    });
    await apply(configMap('image-info-web', { labels }));
    await apply(configMap('environments', {}));
    await apply(configMap('other', { labels: { ...labels, 'app.kubernetes.io/component': 'store-document' } }));
    // A policy counts a moment after it is made.
    await vi.waitFor(
      async () => expect(await as('deliver', patch('environments', { data: { probe: 'x' } }))).toContain(refused),
      { timeout: 30_000, interval: 200 },
    );
  }, 120_000);
  afterAll(() => server?.stop());

  test('an account that publishes changes image info', async () => {
    expect(await as('deliver', patch('image-info-web', { data: { key: 'new' } }))).toContain('patched');
  });

  test.each([
    ['changes another one', patch('environments', { data: { key: 'new' } })],
    ['changes one of another component', patch('other', { data: { key: 'new' } })],
    [
      'makes image info of another one',
      patch('environments', {
        metadata: {
          labels: { 'app.kubernetes.io/managed-by': 'octopipeline', 'app.kubernetes.io/component': 'image-info' },
        },
      }),
    ],
    [
      'makes another one of image info',
      patch('image-info-web', { metadata: { labels: { 'app.kubernetes.io/component': 'x' } } }),
    ],
    ['takes its labels away', patch('image-info-web', { metadata: { labels: null } })],
    ['makes another one', ['create', 'configmap', 'release-work', '--from-literal=run.yaml=x']],
    ['deletes another one', ['delete', 'configmap', 'environments']],
  ])('and never %s', async (_, args) => {
    expect(await as('deliver', args)).toContain(refused);
  });

  test('other accounts are left alone', async () => {
    expect(await as('mirror', patch('environments', { data: { key: 'new' } }))).toContain('patched');
  });
});
