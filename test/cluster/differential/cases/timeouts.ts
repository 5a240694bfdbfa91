import { after, pipelineRun, step, task, taskRun, taskSpec } from '../pipeline-case.js';

const slow = 'echo go; sleep 600';

/** Times that are up: of a step, a task, the tasks, what is finally, and the whole. */
export const timeouts = [
  pipelineRun(
    'time-pipeline',
    {
      tasks: [task('slow', slow), task('next', 'echo never', { more: after('slow') })],
      finally: [task('last', 'echo never')],
    },
    { run: { timeouts: { pipeline: '30s' } } },
  ),
  pipelineRun(
    'time-tasks',
    {
      tasks: [task('slow', slow), task('next', 'echo never', { more: after('slow') })],
      finally: [
        task('last', 'echo "$(params.s)"', {
          params: { s: '$(tasks.status) $(tasks.slow.status) $(tasks.slow.reason) $(tasks.next.status)' },
        }),
      ],
    },
    { run: { timeouts: { pipeline: '5m', tasks: '30s' } } },
  ),
  pipelineRun(
    'time-finally',
    { tasks: [task('first', 'true')], finally: [task('slow', slow)] },
    { run: { timeouts: { pipeline: '5m', finally: '30s' } } },
  ),
  pipelineRun('time-task', {
    tasks: [task('slow', slow, { more: { timeout: '30s' } }), task('next', 'echo never', { more: after('slow') })],
    finally: [task('last', 'echo "$(params.s)"', { params: { s: '$(tasks.slow.status) $(tasks.slow.reason)' } })],
  }),
  pipelineRun(
    'time-task-run-spec',
    { tasks: [task('slow', slow)] },
    { run: { taskRunSpecs: [{ pipelineTaskName: 'slow', timeout: '30s' }] } },
  ),
  taskRun('time-step', taskSpec([step('slow', slow, { timeout: '8s' }), step('next', 'echo never')])),
  taskRun(
    'time-step-ignored',
    taskSpec([step('slow', slow, { timeout: '8s', onError: 'continue' }), step('next', 'echo never')]),
  ),
  taskRun('time-task-run', taskSpec([step('first', 'echo first'), step('slow', slow)]), { run: { timeout: '30s' } }),
  pipelineRun('time-ignored', {
    tasks: [
      task('slow', slow, { more: { timeout: '30s', onError: 'continue' } }),
      task('next', 'echo ran', { more: after('slow') }),
    ],
  }),
  pipelineRun(
    'time-sum',
    { tasks: [task('a', 'true')] },
    { run: { timeouts: { pipeline: '1m', tasks: '50s', finally: '20s' } } },
  ),
  pipelineRun('time-negative', { tasks: [task('a', 'true', { more: { timeout: '-1s' } })] }),
  pipelineRun(
    'time-none',
    { tasks: [task('a', 'true', { more: { timeout: '0' } })] },
    { run: { timeouts: { pipeline: '0' } } },
  ),
];
