import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { WireTaskSpec } from '../../tekton/wire/task.js';
import { homeOf } from './home.js';
import { filesOfObjects, missingObjects, volumesFor } from './object-files.js';

const objects = [
  { apiVersion: 'v1', kind: 'ConfigMap', name: 'colours', value: { data: { sky: 'blue', grass: 'green' } } },
  { apiVersion: 'v1', kind: 'Secret', name: 'login', value: { stringData: { password: 's3cret' } } },
];
const files = filesOfObjects(objects.map((one) => ({ ...one, source: 'objects.yaml' })));

const withSources = (...sources: readonly object[]): WireTaskSpec => ({
  steps: [{ name: 's', image: 'bash', script: 'true' }],
  // What other people write.
  volumes: [{ name: 'all', projected: { sources } }] as unknown as NonNullable<WireTaskSpec['volumes']>,
});

test('a projected volume has the keys of ConfigMaps and Secrets, and no token', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'object-files-'));
  try {
    const spec = withSources(
      { configMap: { name: 'colours', items: [{ key: 'sky', path: 'up/colour' }] } },
      { secret: { name: 'login' } },
      { serviceAccountToken: { path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt' } },
    );
    expect(missingObjects(spec, files)).toEqual([]);
    const home = homeOf({ env: {}, cwd: directory }, directory);
    const { all } = await volumesFor(spec.volumes, files, home, join(directory, 'volumes'));
    expect(all).toMatchObject({ readOnly: true, secret: true });
    const below = all?.directory ?? '';
    expect((await readdir(below)).toSorted()).toEqual(['password', 'up']);
    expect(await readFile(join(below, 'up/colour'), 'utf8')).toBe('blue');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a ConfigMap of a projected volume that was not given is missing, and one of the cluster too if no token is with it', () => {
  const path = 'spec.volumes[0]';
  const missing = (...sources: readonly object[]) => missingObjects(withSources(...sources), files);
  expect(missing({ configMap: { name: 'other' } })).toMatchObject([{ path, what: 'there is no ConfigMap other' }]);
  expect(missing({ configMap: { name: 'kube-root-ca.crt' } })).toMatchObject([{ path }]);
  expect(missing({ secret: { name: 'other', optional: true } })).toEqual([]);
});
