import { expect, test } from 'vitest';
import { changed, complaints, sample, sampleCommands } from '../sample.js';
import { deadlines } from './deadlines.js';

const rule = deadlines(sampleCommands);

test('deadlines that end before their TaskRun are fine', () => {
  expect(rule(sample())).toEqual([]);
});

test('a step that can wait and has no deadline is caught', () => {
  expect(complaints(rule, '        - --timeout=$(params.timeout)\n', '')).toEqual(['op build-push has no --timeout']);
});

test('a default deadline as long as the default of a TaskRun is caught', () => {
  expect(complaints(rule, 'default: 30m', 'default: 60m')).toEqual(['its steps may wait 60m, not shorter than its 1h']);
});

test('a deadline longer than the timeout of its node is caught', () => {
  const violations = changed(rule, 'default: 20m', 'default: 25m');
  expect(violations).toEqual([
    {
      where: 'build-push.yaml Pipeline/deliver > tasks[0] build',
      message: 'its steps may wait 25m, not shorter than its 25m',
    },
  ]);
});

test('a deadline that is not a duration is caught', () => {
  expect(complaints(rule, 'default: 30m', 'default: half an hour')).toEqual([
    'a deadline is not a duration: half an hour',
  ]);
});
