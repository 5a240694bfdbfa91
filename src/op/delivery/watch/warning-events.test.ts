import { expect, test } from 'vitest';
import { isOfRun, timeOf } from './warning-events.js';

test.each([
  ['2026-11-27T10:00:00Z', true],
  ['2026-11-27T10:05:00.123456Z', true],
  // While the step before wrote the manifests.
  ['2026-11-27T09:59:20Z', true],
  ['2026-11-27T09:37:00Z', false],
  ['', true],
])('an event at %j belongs to the run of a watch that began at 10:00: %s', (at, is) =>
  expect(isOfRun(at, '2026-11-27T10:00:00.500Z')).toBe(is),
);

test.each([
  [{ lastTimestamp: '2026-11-27T10:00:00Z' }, '2026-11-27T10:00:00Z'],
  // The scheduler sets only this.
  [{ lastTimestamp: null, eventTime: '2026-11-27T10:00:00.123456Z' }, '2026-11-27T10:00:00.123456Z'],
  [{ eventTime: '2026-11-27T09:00:00Z', series: { lastObservedTime: '2026-11-27T10:00:00Z' } }, '2026-11-27T10:00:00Z'],
  [{}, ''],
])('an event was last seen at the latest of its times: %j', (event, at) => expect(timeOf(event)).toBe(at));
