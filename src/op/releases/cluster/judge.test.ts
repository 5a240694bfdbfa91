import { expect, test } from 'vitest';
import { kinds } from '../../systems/kubernetes/api.js';
import { parseObject } from '../../systems/kubernetes/object.js';
import { hasEnded, judge } from './judge.js';

const taskRun = (reason: string, status: string, exitCodes: Readonly<Record<string, number>> = {}) =>
  parseObject(kinds.taskRun, {
    metadata: { name: 'x' },
    status: {
      conditions: [{ type: 'Succeeded', status, reason, message: 'a message' }],
      steps: Object.entries(exitCodes).map(([name, exitCode]) => ({ name, terminated: { exitCode } })),
    },
  });

test.each([
  ['a step that failed', taskRun('Failed', 'False', { clone: 0, run: 4 }), 'failed'],
  ['a step that the kernel killed', taskRun('Failed', 'False', { clone: 0, run: 137 }), 'lost'],
  ['a child that was killed', taskRun('Failed', 'False', { clone: 0, run: 255 }), 'lost'],
  ['a clone that failed: nothing has run', taskRun('Failed', 'False', { clone: 4, run: 1 }), 'failed'],
  ['a clone that failed, and steps that were skipped', taskRun('Failed', 'False', { clone: 4 }), 'lost'],
  ['a pod that never started', taskRun('TaskRunImagePullFailed', 'False'), 'lost'],
  ['a timeout', taskRun('TaskRunTimeout', 'False', { run: 137 }), 'failed'],
  ['a person who cancelled it', taskRun('TaskRunCancelled', 'False', { run: 137 }), 'failed'],
  ['success', taskRun('Succeeded', 'True', { run: 0 }), 'succeeded'],
  ['work', taskRun('Running', 'Unknown'), 'running'],
  ['nothing yet', parseObject(kinds.taskRun, { metadata: { name: 'x' } }), 'running'],
  ['no object', undefined, 'lost'],
] as const)('%s', (_, object, is) => {
  expect(judge('taskrun/ci/x', object)).toMatchObject({ is });
  expect(hasEnded(object)).toBe(is !== 'running');
});
