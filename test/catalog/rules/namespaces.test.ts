import { expect, test } from 'vitest';
import { complaints, sample } from '../sample.js';
import { namespaceNeutral } from './namespaces.js';

test('a catalog that names no namespace is fine', () => {
  expect(namespaceNeutral(sample())).toEqual([]);
});

test.each([
  [
    '{ name: octopipeline-deliver }\nautomount',
    '{ name: octopipeline-deliver, namespace: ci }\nautomount',
    'metadata.namespace is ci',
  ],
  ['kind: Role\n', 'kind: ClusterRole\n', 'ClusterRole is cluster-wide'],
  ['kind: RoleBinding\n', 'kind: ClusterRoleBinding\n', 'ClusterRoleBinding is cluster-wide'],
  ['kind: Role, name: octopipeline-deliver', 'kind: ClusterRole, name: edit', 'binds the ClusterRole edit'],
  [
    'kind: ServiceAccount, name: octopipeline-deliver',
    'kind: ServiceAccount, name: a, namespace: ci',
    'binds a of the namespace ci',
  ],
])('%s -> %s is caught', (from, to, message) => {
  expect(complaints(namespaceNeutral, from, to)).toContain(message);
});
