import { after, pipelineRun, result, task, values, writes } from '../pipeline-case.js';

/** Order of tasks, and how many there may be. */
export const order = [
  pipelineRun('order-diamond', {
    tasks: [
      task('last', 'echo last', { more: after('left', 'right') }),
      task('left', 'echo left', { more: after('first') }),
      task('right', 'echo "$(params.x)"', { params: { x: result('first', 'x') } }),
      writes('first', { x: 'of first' }),
    ],
    finally: [task('end', 'echo end')],
  }),
  pipelineRun('order-by-when', {
    tasks: [
      task('second', 'echo second', {
        more: { when: [{ input: result('first', 'x'), operator: 'in', values: ['1'] }] },
      }),
      writes('first', { x: '1' }),
    ],
  }),
  pipelineRun('long-name-of-a-run-which-is-nearly-as-long-as-names-may-be-here', {
    tasks: [task('a-task-with-a-long-name-too', 'echo $(context.taskRun.name)')],
  }),
  pipelineRun('task-labels', {
    params: values({}),
    tasks: [task('a', 'echo a', { spec: { metadata: { labels: { colour: 'red' }, annotations: { note: 'x' } } } })],
  }),
];
