import { expect, test } from 'vitest';
import { complaints, sample } from '../sample.js';
import { secretsAreFiles } from './secrets.js';

test('references without secret variables are fine', () => {
  expect(secretsAreFiles(sample())).toEqual([]);
});

test.each([
  ['a secret variable', 'env: [{ name: TOKEN, valueFrom: { secretKeyRef: { name: s, key: k } } }]', 'TOKEN'],
  ['a whole secret as variables', 'envFrom: [{ secretRef: { name: s } }]', 'envFrom'],
])('%s next to a reference is caught', (_, replacement, named) => {
  expect(complaints(secretsAreFiles, 'command: [op]', `command: [op]\n      ${replacement}`)).toEqual([
    `secret variable ${named} beside the reference --directory=$(workspaces.source.path)`,
  ]);
});

test('a secret variable of the step template is caught', () => {
  const template = 'stepTemplate:\n    envFrom: [{ secretRef: { name: s } }]\n    securityContext:\n';
  expect(complaints(secretsAreFiles, 'stepTemplate:\n    securityContext:\n', template)).toHaveLength(1);
});
