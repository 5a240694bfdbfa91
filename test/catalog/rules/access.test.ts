import { expect, test } from 'vitest';
import { complaints, sample } from '../sample.js';
import { ownAccess } from './access.js';

test('a Pipeline with its account, role, binding and policy is fine', () => {
  expect(ownAccess(sample())).toEqual([]);
});

test.each([
  [
    'kind: ServiceAccount\nmetadata: { name: octopipeline-deliver }',
    'kind: ServiceAccount\nmetadata: { name: default }',
    'has no ServiceAccount',
  ],
  [
    'automountServiceAccountToken: false\n',
    '',
    'its ServiceAccount octopipeline-deliver mounts its token automatically',
  ],
  ['kind: Role\nmetadata: { name: octopipeline-deliver }', 'kind: Role\nmetadata: { name: other }', 'has no Role'],
  ['verbs: [get, create, patch]', "verbs: ['*']", 'its Role has a rule with *'],
  [
    '- { kind: ServiceAccount, name: octopipeline-deliver }',
    '- { kind: ServiceAccount, name: default }',
    'its Role is not bound to its ServiceAccount',
  ],
  ['tekton.dev/pipeline: deliver', 'tekton.dev/pipeline: other', 'has no NetworkPolicy over its pods'],
])('%s -> %s is caught', (from, to, message) => {
  expect(complaints(ownAccess, from, to)).toContain(message);
});
