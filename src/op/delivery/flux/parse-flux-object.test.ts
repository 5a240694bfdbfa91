import { expect, test } from 'vitest';
import { type Kind, kinds } from '../../systems/kubernetes/api.js';
import { parseObject } from '../../systems/kubernetes/object.js';
import { fluxKey } from './flux-object.js';
import { ownersOf, parseFluxObject } from './parse-flux-object.js';

const parse = (kind: Kind, body: object, metadata: object = {}) =>
  parseFluxObject(
    kind,
    parseObject(kind, { metadata: { name: 'web', namespace: 'shop', uid: '1', ...metadata }, ...body }),
  );
const from = (kind: string, namespace?: string) => ({
  kind,
  name: 'x',
  ...(namespace === undefined ? {} : { namespace }),
});

test.each<readonly [string, Kind, object, object, readonly string[]]>([
  ['a Kustomization', kinds.kustomization, { sourceRef: from('GitRepository') }, {}, ['GitRepository/shop/x']],
  ['of another namespace', kinds.kustomization, { sourceRef: from('Bucket', 'flux') }, {}, ['Bucket/flux/x']],
  ['chartRef', kinds.helmRelease, { chartRef: from('OCIRepository', 'flux') }, {}, ['OCIRepository/flux/x']],
  ['chartRef to a chart', kinds.helmRelease, { chartRef: from('HelmChart') }, {}, ['HelmChart/shop/x']],
  [
    'a chart that is not created yet',
    kinds.helmRelease,
    { chart: { spec: { sourceRef: from('HelmRepository') } } },
    {},
    ['HelmRepository/shop/x'],
  ],
  [
    'a chart',
    kinds.helmRelease,
    { chart: { spec: { sourceRef: from('HelmRepository', 'flux') } } },
    { helmChart: 'flux/shop-web' },
    ['HelmRepository/flux/x', 'HelmChart/flux/shop-web'],
  ],
  [
    'a HelmChart, whose source is in its namespace',
    kinds.helmChart,
    { chart: 'web', sourceRef: from('GitRepository') },
    {},
    ['GitRepository/shop/x'],
  ],
  ['an unknown kind', kinds.helmRelease, { chartRef: from('ExternalArtifact') }, {}, []],
])('the sources of %s', (_, kind, spec, status, expected) => {
  expect(parse(kind, { spec, status }).sources.map(fluxKey)).toEqual(expected);
});

test('a new object has no status', () => {
  expect(parse(kinds.helmRelease, { spec: { chartRef: from('OCIRepository') } })).toMatchObject({
    observedGeneration: 0,
    conditions: [],
    handledAt: undefined,
    release: undefined,
    inventory: [],
    targetNamespace: 'shop',
    suspended: false,
  });
});

test('an inventory lists the applied objects, including names with a colon', () => {
  const entries = ['shop_web_apps_Deployment', '_view__all_rbac.authorization.k8s.io_ClusterRole', 'shop_web__Service'];
  const { inventory } = parse(kinds.kustomization, {
    spec: {},
    status: { inventory: { entries: entries.map((id) => ({ id, v: 'v1' })) } },
  });
  expect(inventory).toEqual([
    { namespace: 'shop', name: 'web', group: 'apps', kind: 'Deployment' },
    { namespace: '', name: 'view:all', group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' },
    { namespace: 'shop', name: 'web', group: '', kind: 'Service' },
  ]);
});

test('an object is never its own owner, though the labels of the Kustomization of Flux itself say so', () => {
  const labels = { 'kustomize.toolkit.fluxcd.io/name': 'web', 'kustomize.toolkit.fluxcd.io/namespace': 'shop' };
  expect(ownersOf(labels).map(fluxKey)).toEqual(['Kustomization/shop/web']);
  expect(parse(kinds.kustomization, { spec: {} }, { labels }).owners).toEqual([]);
  expect(parse(kinds.helmRelease, { spec: {} }, { labels }).owners).toHaveLength(1);
});

test('a HelmRepository of type oci is not reconciled by any controller', () => {
  expect(parse(kinds.helmRepository, { spec: { type: 'oci' } }).isStatic).toBe(true);
  expect(parse(kinds.helmRepository, { spec: { type: 'default' } }).isStatic).toBe(false);
});
