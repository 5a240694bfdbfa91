import { expect, test } from 'vitest';
import { complaints, sample } from '../sample.js';
import { shortStepNames } from './logs.js';

test('a short name is fine', () => {
  expect(shortStepNames(sample())).toEqual([]);
});

test.each([
  ['- name: build\n      image', '- image', 'the step has no name'],
  ['- name: build\n      image', '- name: build-and-push-images\n      image', 'the name is longer than 16 characters'],
])('%s -> %s is caught', (from, to, message) => {
  expect(complaints(shortStepNames, from, to)).toEqual([message]);
});
