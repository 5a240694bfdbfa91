import { expect, test } from 'vitest';
import { complaints, sample } from '../sample.js';
import { catalogMetadata } from './metadata.js';

const rule = catalogMetadata('1.2.3');

test('a Task and a Pipeline with complete metadata are fine', () => {
  expect(rule(sample())).toEqual([]);
});

test.each([
  ['app.kubernetes.io/version: 1.2.3', 'app: x', 'label app.kubernetes.io/version is undefined, not 1.2.3'],
  ['tekton.dev/displayName: Build and push', 'x: y', 'no annotation tekton.dev/displayName'],
  ['tekton.dev/platforms: linux/amd64', 'tekton.dev/platforms: ""', 'no annotation tekton.dev/platforms'],
  ['tekton.dev/pipelines.minVersion: 1.6.0', 'tekton.dev/pipelines.minVersion: v1', 'pipelines.minVersion is "v1"'],
  ['description: Builds.', 'x: y', 'no description'],
])('%s -> %s is caught', (from, to, message) => {
  expect(complaints(rule, from, to)).toEqual([message]);
});
