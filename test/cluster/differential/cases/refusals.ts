import {
  after,
  image,
  object,
  pipelineRun,
  pipelineRunOf,
  result,
  task,
  taskSpec,
  values,
  writes,
} from '../pipeline-case.js';

/** What Tekton refuses when it is created, or fails before a pod is made. */
export const refusals = [
  pipelineRunOf('no-pipeline', 'there-is-none'),
  pipelineRun('no-task', { tasks: [{ name: 'a', taskRef: { name: 'there-is-none' } }] }),
  pipelineRun('cycle', { tasks: [task('a', 'true', { more: after('b') }), task('b', 'true', { more: after('a') })] }),
  pipelineRun('cycle-of-results', {
    tasks: [
      writes('a', { x: '1' }, { params: { y: result('b', 'x') } }),
      writes('b', { x: '1' }, { params: { y: result('a', 'x') } }),
    ],
  }),
  pipelineRun('same-names', { tasks: [task('a', 'true'), task('a', 'true')] }),
  pipelineRun('after-nobody', { tasks: [task('a', 'true', { more: after('nobody') })] }),
  pipelineRun('bad-name', { tasks: [task('Not_A_Name', 'true')] }),
  pipelineRun('no-tasks', { tasks: [] }),
  pipelineRun('task-and-reference', { tasks: [{ name: 'a', taskRef: { name: 'x' }, taskSpec: taskSpec('true') }] }),
  pipelineRun('no-steps', { tasks: [{ name: 'a', taskSpec: { steps: [] } }] }),
  pipelineRun('unknown-field', { tasks: [task('a', 'true', { more: { colour: 'red' } })] }),
  pipelineRun('result-name', { tasks: [task('a', 'true', { spec: { results: [{ name: 'not ok' }] } })] }),
  pipelineRun(
    'unknown-param',
    { tasks: [{ name: 'a', taskRef: { name: 'unknown-param' }, params: values({ x: '$(params.none)' }) }] },
    {
      others: [object('Task', 'unknown-param', taskSpec('echo "$(params.x)"', { params: [{ name: 'x' }] }))],
    },
  ),
  pipelineRunOf('unknown-param-of-pipeline', 'unknown-param-of-pipeline', {
    others: [
      object('Pipeline', 'unknown-param-of-pipeline', {
        tasks: [task('a', 'echo "$(params.x)"', { params: { x: '$(params.none)' } })],
      }),
    ],
  }),
  pipelineRun('param-twice', { params: [{ name: 'x' }, { name: 'x' }], tasks: [task('a', 'true')] }),
  pipelineRun('script-and-command', {
    tasks: [task('a', [{ name: 'main', image, script: 'true', command: ['true'] }])],
  }),
  pipelineRun('step-timeout', { tasks: [task('a', [{ name: 'main', image, command: ['true'], timeout: 'soon' }])] }),
];
