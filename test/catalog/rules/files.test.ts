import { expect, test } from 'vitest';
import { changed, complaints, sample } from '../sample.js';
import { saysWhereItIsFrom } from './files.js';

const rule = saysWhereItIsFrom('1.2.3', (path) => path === 'tasks/build-push.ts');

test('a flat file with its version and source is fine', () => {
  expect(rule(sample())).toEqual([]);
});

test.each([
  ['# op 1.2.3', 'x: op 1.2.3', 'has no header line'],
  ['op 1.2.3,', 'op 1.2.2,', 'the header does not name version 1.2.3'],
  ['tasks/build-push.ts', 'somewhere', 'the header names no source file'],
  ['tasks/build-push.ts', 'tasks/gone.ts', 'tasks/gone.ts does not exist'],
])('%s -> %s is caught', (from, to, message) => {
  const comment = from.startsWith('#')
    ? complaints(rule, `${from}, generated from tasks/build-push.ts\n`, '')
    : complaints(rule, from, to);
  expect(comment).toContain(message);
});

test('a file in a folder is caught', () => {
  expect(changed(rule, 'Builds.', 'Builds it.', 'tasks/build-push.yaml')).toEqual([
    { where: 'tasks/build-push.yaml', message: 'stands in a folder' },
  ]);
});
