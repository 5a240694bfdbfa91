import { expect, test } from 'vitest';
import { complaints, sample } from '../sample.js';
import { resultContract } from './results.js';

test('a Task that builds and a Pipeline that returns everything are fine', () => {
  expect(resultContract(sample())).toEqual([]);
});

test.each([
  ['    - { name: IMAGE_DIGEST }\n', '', 'is missing the result IMAGE_DIGEST'],
  ['    - { name: CHAINS-GIT_COMMIT }\n', '', 'is missing the result CHAINS-GIT_COMMIT'],
  [
    '{ name: IMAGES }',
    '{ name: IMAGES }\n    - { name: BASE_IMAGE_URL }',
    'Chains would attest the result BASE_IMAGE_URL',
  ],
  ['- build-push', '- promote-image', 'claims an image (IMAGE_URL) that no step of it builds'],
  ['{ name: IMAGES }', '{ name: IMAGES }\n    - { name: tag }', 'no step writes the result tag'],
  ['$(results.IMAGES.path)', '$(results.IMAGE.path)', 'a step writes the undeclared result IMAGE'],
  ['    - { name: IMAGES, value: $(tasks.build.results.IMAGES) }\n', '', 'builds in build and does not return IMAGES'],
  [
    'value: $(tasks.build.results.IMAGE_URL)',
    'value: $(tasks.other.results.IMAGE_URL)',
    'returns IMAGE_URL as $(tasks.other.results.IMAGE_URL), not the one of build',
  ],
  ['name: IMAGES, value:', 'name: OLD_IMAGE_DIGEST, value:', 'Chains would attest the result OLD_IMAGE_DIGEST'],
])('%s -> %s is caught', (from, to, message) => {
  expect(complaints(resultContract, from, to)).toContain(message);
});
