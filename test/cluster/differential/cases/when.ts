import { after, is, isNot, pipelineRun, result, task, values, writes } from '../pipeline-case.js';

const never = { when: [is('a', 'b')] };

/** `when`, and what it does to the tasks after it. */
export const when = [
  pipelineRun('when-cascade', {
    tasks: [
      writes('guarded', { x: '1' }, { more: never }),
      task('after', 'echo ran', { more: after('guarded') }),
      task('consumer', 'echo never', { params: { x: result('guarded', 'x') } }),
      task('grandchild', 'echo never', { more: after('consumer') }),
      task('both', 'echo never', { more: after('after', 'grandchild') }),
      task('guarded-too', 'echo never', { more: { ...after('consumer'), ...never } }),
    ],
    finally: [
      task('last', 'echo "$(params.s)"', {
        params: { s: '$(tasks.status) $(tasks.guarded.status) $(tasks.after.status) $(tasks.consumer.status)' },
      }),
      task('needs', 'echo never', { params: { x: result('guarded', 'x') } }),
    ],
    results: [{ name: 'x', value: result('guarded', 'x') }],
  }),
  pipelineRun(
    'when-values',
    {
      params: [
        { name: 'branch', type: 'string' },
        { name: 'list', type: 'array' },
      ],
      tasks: [
        writes('make', { x: 'yes', 'the.list': 'no' }),
        task('by-result', 'echo ran', { more: { when: [is(result('make', 'x'), 'yes', 'no')] } }),
        task('not-by-result', 'echo never', { more: { when: [isNot(result('make', 'x'), 'yes')] } }),
        task('by-array', 'echo never', { more: { when: [is('$(params.branch)', '$(params.list[*])')] } }),
        task('by-item', 'echo never', { more: { when: [isNot('$(params.list[1])', '$(params.branch)', 'other')] } }),
        task('two', 'echo never', {
          more: { when: [is('$(params.branch)', 'main'), is('x$(params.branch)', 'main')] },
        }),
      ],
    },
    { run: { params: values({ branch: 'main', list: ['dev', 'other'] }) } },
  ),
  pipelineRun('when-none', { tasks: [task('only', 'echo never', { more: never })] }),
  pipelineRun('when-missing', {
    tasks: [
      task('make', 'true', { results: { x: 'string' } }),
      task('by-result', 'echo never', { more: { when: [is(result('make', 'x'), '')] } }),
    ],
  }),
  pipelineRun('when-skipped-result', {
    tasks: [
      writes('make', { x: '1' }, { more: never }),
      task('by-result', 'echo never', { more: { when: [is(result('make', 'x'), '1')] } }),
      task('by-status', 'echo ran', { more: after('make') }),
    ],
  }),
  pipelineRun('when-finally', {
    tasks: [writes('make', { x: 'v' }), task('bad', 'exit 1', { more: { onError: 'continue' } })],
    finally: [
      task('if-ok', 'echo ran', { more: { when: [is('$(tasks.make.status)', 'Succeeded')] } }),
      task('if-bad', 'echo never', { more: { when: [is('$(tasks.status)', 'Failed'), is(result('make', 'x'), 'w')] } }),
      task('if-result', 'echo ran', { more: { when: [is(result('make', 'x'), 'v')] } }),
    ],
  }),
  pipelineRun('when-cel', { tasks: [task('only', 'echo', { more: { when: [{ cel: "'a' == 'a'" }] } })] }),
  pipelineRun('when-operator', {
    tasks: [task('only', 'echo', { more: { when: [{ input: 'a', operator: 'exists', values: ['a'] }] } })],
  }),
  pipelineRun('when-no-values', {
    tasks: [task('only', 'echo', { more: { when: [{ input: 'a', operator: 'in', values: [] }] } })],
  }),
];
