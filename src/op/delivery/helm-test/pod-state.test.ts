import { expect, test } from 'vitest';
import { progressOfPod, startedIn } from './pod-state.js';

const metadata = { name: 'x', uid: 'u', resourceVersion: '1' };
const deleting = { deletionTimestamp: '2026-01-01T00:00:40Z', deletionGracePeriodSeconds: 30 };
const ended = (exitCode: number, finishedAt: string, reason = 'Completed') => [
  { name: 'main', containerID: 'c://1', state: { terminated: { exitCode, reason, finishedAt } } },
];
const waiting = (reason: string, message = '') => [{ name: 'main', state: { waiting: { reason, message } } }];
const early = '2026-01-01T00:00:09Z';
const late = '2026-01-01T00:00:20Z';

test.each([
  ['without a status', {}, {}, 'waiting', 'not started yet'],
  [
    'that is being created',
    {},
    { phase: 'Pending', containerStatuses: waiting('ContainerCreating') },
    'waiting',
    'not started yet',
  ],
  [
    'that cannot be scheduled',
    {},
    {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }],
    },
    'waiting',
    'not scheduled: Unschedulable, 0/1 nodes',
  ],
  ['that is running', {}, { phase: 'Running' }, 'running', 'still running'],
  ['that succeeded', {}, { phase: 'Succeeded', containerStatuses: ended(0, early) }, 'succeeded', ''],
  [
    'that succeeded and was then deleted',
    deleting,
    { phase: 'Succeeded', containerStatuses: ended(0, early) },
    'succeeded',
    '',
  ],
  [
    'that exited with 0 because it was deleted',
    deleting,
    { phase: 'Succeeded', containerStatuses: ended(0, late) },
    'failed',
    'it was deleted before it finished',
  ],
  [
    'that was killed because it was deleted',
    deleting,
    { phase: 'Failed', containerStatuses: ended(137, late) },
    'failed',
    'it was deleted before it finished',
  ],
  [
    'that failed',
    {},
    { phase: 'Failed', containerStatuses: ended(2, early, 'Error') },
    'failed',
    'container main ended with exit code 2 (Error)',
  ],
  ['that was evicted', {}, { phase: 'Failed', reason: 'Evicted', message: 'disk' }, 'failed', 'Evicted, disk'],
])('a Pod %s', (_, more, status, is, why) => {
  expect(progressOfPod({ metadata: { ...metadata, ...more }, status })).toEqual({ is, why });
});

test.each([
  ['ImagePullBackOff', 'Back-off pulling image: not found', true],
  ['ImagePullBackOff', 'pull access denied', true],
  ['ImagePullBackOff', 'connection refused', false],
  ['ErrImagePull', 'not found', false],
  ['InvalidImageName', '', true],
  ['CreateContainerConfigError', 'secret not found', false],
])('whether waiting helps: %s %s', (reason, message, hopeless) => {
  const progress = progressOfPod({
    metadata,
    status: { phase: 'Pending', containerStatuses: waiting(reason, message) },
  });
  expect(progress.hopeless ?? false).toBe(hopeless);
});

test('containers that have started have a log, even after they have ended', () => {
  const status = {
    initContainerStatuses: ended(0, early).map((one) => ({ ...one, name: 'first', containerID: 'c://0' })),
    containerStatuses: [{ name: 'main', containerID: 'c://2', state: { running: {} } }, ...waiting('PodInitializing')],
  };
  expect(startedIn({ metadata, spec: { containers: [{}, {}] }, status })).toEqual([
    { container: 'first', id: 'c://0', alone: false },
    { container: 'main', id: 'c://2', alone: false },
  ]);
});
