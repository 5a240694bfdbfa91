import { expect, test } from 'vitest';
import { complaints, sample } from '../sample.js';
import { oneClaimPerTask } from './workspaces.js';

test('one writable workspace and any number of read-only ones are fine', () => {
  expect(oneClaimPerTask(sample())).toEqual([]);
});

test('a second writable workspace is caught', () => {
  expect(complaints(oneClaimPerTask, 'dockerconfig, readOnly: true', 'cache')).toEqual([
    '2 writable workspaces: source, cache',
  ]);
});
