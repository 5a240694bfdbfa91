import { after, image, pipelineRun, step, task, taskRun, taskSpec, writes } from '../pipeline-case.js';

/** Steps and tasks that fail: what stops, what goes on, what is tried again. */
export const failures = [
  pipelineRun('fail-stops', {
    tasks: [
      task('bad', [step('first', 'echo one'), step('second', 'echo two; exit 7'), step('third', 'echo never')]),
      task('next', 'echo never', { more: after('bad') }),
      task('guarded', 'echo never', {
        more: { ...after('bad'), when: [{ input: 'a', operator: 'in', values: ['b'] }] },
      }),
    ],
  }),
  pipelineRun('fail-beside', {
    tasks: [
      task('bad', 'exit 1'),
      task('beside', 'sleep 4; echo ran'),
      task('next', 'echo never', { more: after('beside') }),
    ],
  }),
  pipelineRun('fail-ignored', {
    tasks: [
      task('bad', 'exit 3', { more: { onError: 'continue' } }),
      task('next', 'echo ran', { more: after('bad') }),
      task('stops', 'exit 4', { more: { ...after('next'), onError: 'stopAndFail' } }),
    ],
    finally: [
      task('last', 'echo "$(params.s)"', { params: { s: '$(tasks.status) $(tasks.bad.status) $(tasks.bad.reason)' } }),
    ],
  }),
  pipelineRun('fail-all-ignored', {
    tasks: [task('bad', 'exit 3', { more: { onError: 'continue' } })],
    finally: [task('last', 'echo "$(params.s)"', { params: { s: '$(tasks.status)' } })],
  }),
  pipelineRun('fail-step-ignored', {
    tasks: [
      task(
        'steps',
        [
          step('bad', 'echo bad; printf r > $(results.x.path); exit 9', { onError: 'continue' }),
          step('next', 'cat $(steps.step-bad.exitCode.path); echo'),
          step('stop', 'exit 2', { onError: 'stopAndFail' }),
          step('never', 'echo never'),
        ],
        { results: { x: 'string' } },
      ),
    ],
  }),
  pipelineRun('retry-succeeds', {
    tasks: [
      task(
        'flaky',
        'echo try $(context.task.retry-count); printf $(context.task.retry-count) > $(results.n.path); [ $(context.task.retry-count) = 1 ]',
        {
          results: { n: 'string' },
          more: { retries: 2 },
        },
      ),
    ],
    results: [{ name: 'n', value: '$(tasks.flaky.results.n)' }],
  }),
  pipelineRun('retry-fails', {
    tasks: [task('bad', 'exit $(context.task.retry-count)3', { more: { retries: 1 } })],
    finally: [task('last', 'echo "$(params.s)"', { params: { s: '$(tasks.bad.status) $(tasks.bad.reason)' } })],
  }),
  taskRun('retry-task-run', taskSpec('echo $(context.task.retry-count); exit 1'), { run: { retries: 1 } }),
  taskRun('no-program', taskSpec([{ name: 'main', image, command: ['/no/such/program'] }, step('next', 'echo never')])),
  taskRun(
    'no-program-ignored',
    taskSpec([{ name: 'main', image, command: ['/no/such/program'], onError: 'continue' }, step('next', 'echo next')]),
  ),
  taskRun('shell-127', taskSpec('no-such-program')),
  taskRun('shell-signal', taskSpec('kill -9 $$$$'), {
    differs: {
      'shell-signal/condition':
        'a program that a signal ends has the exit code of shells, 137; the entrypoint of Tekton makes it 255',
      'shell-signal/steps': 'the same exit code',
    },
  }),
  pipelineRun('retries-and-on-error', { tasks: [task('a', 'true', { more: { retries: 1, onError: 'continue' } })] }),
  pipelineRun('fail-result-consumer', {
    tasks: [
      writes('make', { x: '1' }, { spec: {}, more: {} }),
      task('bad', 'exit 1', { more: after('make') }),
      task('use', 'echo never', { params: { x: '$(tasks.make.results.x)' }, more: after('bad') }),
    ],
  }),
];
