import { after, pipelineRun, result, task, writes } from '../pipeline-case.js';

/** What runs at the end, and what it can see. */
export const finallyTasks = [
  pipelineRun('finally-sees', {
    tasks: [
      writes('good', { x: '1' }),
      task('bad', 'exit 3', { more: after('good') }),
      task('never', 'echo never', { more: after('bad') }),
    ],
    finally: [
      task('status', 'echo "$(params.s)"; echo "$(params.r)"', {
        params: {
          s: '$(tasks.status) $(tasks.good.status) $(tasks.bad.status) $(tasks.never.status)',
          r: '[$(tasks.good.reason)] [$(tasks.bad.reason)] [$(tasks.never.reason)]',
        },
      }),
      task('result', 'echo "$(params.x) $(context.pipelineRun.name)"', { params: { x: result('good', 'x') } }),
    ],
  }),
  pipelineRun('finally-results', {
    tasks: [writes('make', { x: '1' })],
    finally: [
      writes('last', { y: 'from finally' }),
      writes('skipped', { z: '1' }, { more: { when: [{ input: 'a', operator: 'in', values: ['b'] }] } }),
    ],
    results: [
      { name: 'y', value: '$(finally.last.results.y)' },
      { name: 'z', value: '$(finally.skipped.results.z)' },
      { name: 'both', value: `$(finally.last.results.y) ${result('make', 'x')}` },
    ],
  }),
  pipelineRun('finally-fails', {
    tasks: [task('good', 'true')],
    finally: [task('bad', 'exit 5'), task('beside', 'echo ran')],
  }),
  pipelineRun('finally-retries', {
    tasks: [task('good', 'true')],
    finally: [
      task('flaky', 'echo $(context.task.retry-count); [ $(context.task.retry-count) = 1 ]', { more: { retries: 1 } }),
    ],
  }),
  pipelineRun('finally-default', {
    tasks: [task('bad', 'exit 1', { results: { x: 'string' } })],
    finally: [
      task('has-default', 'echo "$(params.x)"', {
        spec: { params: [{ name: 'x', default: 'default' }] },
        more: { params: [{ name: 'x', value: result('bad', 'x') }] },
      }),
      task('only-status', 'echo $(tasks.bad.status)'),
    ],
  }),
  pipelineRun('finally-after', { tasks: [task('a', 'true')], finally: [task('b', 'true', { more: after('a') })] }),
  pipelineRun('finally-other-result', {
    tasks: [task('a', 'true')],
    finally: [writes('b', { x: '1' }), task('c', 'echo', { params: { x: '$(finally.b.results.x)' } })],
  }),
  pipelineRun('status-in-tasks', {
    tasks: [task('a', 'true'), task('b', 'echo $(params.s)', { params: { s: '$(tasks.a.status)' } })],
  }),
  pipelineRun('finally-only', { tasks: [], finally: [task('a', 'true')] }),
];
