import { after, pipelineRun, result, specs, step, task, taskRun, taskSpec, writes } from '../pipeline-case.js';

/** Results: types, sizes, and those that are missing. */
export const results = [
  pipelineRun('results-flow', {
    tasks: [
      task(
        'make',
        [
          step('text', `echo "with newline" > $(results.text.path); printf '' > $(results.empty.path)`),
          step('list', `printf '["x","y z",""]' > $(results.list.path)`),
          step('map', `printf '{"a":"1","b":"2"}' > $(results.map.path); echo no > /tekton/results/undeclared`),
        ],
        { results: { text: 'string', empty: 'string', list: 'array', map: 'object' } },
      ),
      task(
        'use',
        'printf "<%s>\\n" "$(params.text)" "$(params.empty)" "$(params.item)" "$(params.key)" "$(tasks.make.results.text)"',
        {
          params: {
            text: result('make', 'text'),
            empty: result('make', 'empty'),
            item: result('make', 'list[1]'),
            key: result('make', 'map.b'),
          },
        },
      ),
    ],
    results: [
      { name: 'text', value: result('make', 'text') },
      { name: 'joined', value: `${result('make', 'list[0]')}-${result('make', 'map.a')}` },
      { name: 'list', type: 'array', value: result('make', 'list[*]') },
      { name: 'map', type: 'object', value: result('make', 'map[*]') },
      { name: 'built', type: 'object', value: { a: result('make', 'map.b'), b: 'fixed' } },
    ],
  }),
  // Without finally tasks: with one, Tekton v1.15.0 leaves such a run alone until its timeout.
  pipelineRun('results-missing', {
    tasks: [
      task('make', 'true', { results: { x: 'string' } }),
      task('use', 'echo "$(params.x)"', { params: { x: result('make', 'x') } }),
      task('next', 'echo never', { more: after('use') }),
    ],
    results: [{ name: 'x', value: result('make', 'x') }],
  }),
  pipelineRun('results-missing-finally', {
    tasks: [task('make', 'true', { results: { x: 'string' } })],
    finally: [
      task('needs', 'echo "$(params.x)"', { params: { x: result('make', 'x') } }),
      task('sees', 'echo "$(params.s)"', { params: { s: '$(tasks.status) $(tasks.make.status)' } }),
    ],
  }),
  pipelineRun('results-missing-own', {
    tasks: [task('make', 'echo made', { results: { x: 'string' } })],
    results: [{ name: 'x', value: result('make', 'x') }],
  }),
  pipelineRun('results-large', {
    tasks: [
      task(
        'large',
        [step('write', `head -c 5000 /dev/zero | tr '\\0' x > $(results.x.path)`), step('after', 'echo never')],
        {
          results: { x: 'string' },
        },
      ),
      task('next', 'echo never', { more: after('large') }),
    ],
  }),
  pipelineRun('results-limit', {
    tasks: [task('most', `head -c 3000 /dev/zero | tr '\\0' x > $(results.x.path)`, { results: { x: 'string' } })],
    results: [{ name: 'x', value: result('most', 'x') }],
  }),
  pipelineRun('results-type', {
    tasks: [
      task('make', `printf 'no list' > $(results.x.path)`, { results: { x: 'array' } }),
      task('next', 'echo never', { more: after('make') }),
    ],
  }),
  pipelineRun('results-json', {
    tasks: [
      task(
        'make',
        `printf '["<&>", 1]' > $(results.odd.path); printf '"quoted"' > $(results.quoted.path); printf '[]' > $(results.none.path)`,
        {
          results: { odd: 'string', quoted: 'string', none: 'array' },
        },
      ),
    ],
    results: [
      { name: 'odd', value: result('make', 'odd') },
      { name: 'quoted', value: result('make', 'quoted') },
      { name: 'none', type: 'array', value: result('make', 'none[*]') },
    ],
  }),
  pipelineRun(
    'results-keys',
    {
      tasks: [task('make', `printf '{"a":"1"}' > $(results.x.path)`, { results: { x: 'object' } })],
    },
    {
      differs: {
        'taskRuns/results-keys-make/condition': 'Tekton v1.15.0 names each missing key of an embedded spec twice',
      },
    },
  ),
  pipelineRun('results-failed', {
    tasks: [
      task('make', `printf kept > $(results.x.path); exit 4`, {
        results: { x: 'string' },
        more: { onError: 'continue' },
      }),
      task('use', 'echo "$(params.x)"', { params: { x: result('make', 'x') } }),
    ],
    results: [{ name: 'x', value: result('make', 'x') }],
  }),
  pipelineRun('results-of-failure', {
    tasks: [task('make', `printf kept > $(results.x.path); exit 4`, { results: { x: 'string', y: 'string' } })],
    finally: [
      task('use', 'echo "$(params.x)"', { params: { x: result('make', 'x') } }),
      task('lacks', 'echo "$(params.y)"', { params: { y: result('make', 'y') } }),
    ],
    results: [{ name: 'x', value: result('make', 'x') }],
  }),
  pipelineRun('results-skipped', {
    tasks: [
      writes('never', { x: '1' }, { more: { when: [{ input: 'a', operator: 'in', values: ['b'] }] } }),
      writes('always', { x: '2' }),
    ],
    results: [
      { name: 'skipped', value: result('never', 'x') },
      { name: 'both', value: `${result('never', 'x')}${result('always', 'x')}` },
      { name: 'there', value: result('always', 'x') },
    ],
  }),
  pipelineRun('results-unknown', {
    tasks: [writes('make', { x: '1' }), task('use', 'echo', { params: { y: result('make', 'y') } })],
  }),
  pipelineRun('results-no-task', { tasks: [task('use', 'echo', { params: { y: result('nobody', 'y') } })] }),
  pipelineRun('results-index', {
    tasks: [
      task('make', `printf '["a"]' > $(results.list.path)`, { results: { list: 'array' } }),
      task('use', 'echo "$(params.x)"', { params: { x: result('make', 'list[3]') } }),
    ],
  }),
  pipelineRun('results-steps', {
    tasks: [
      task(
        'make',
        [
          step('one', `printf 'of one' > $(step.results.own.path)`, { results: [{ name: 'own', type: 'string' }] }),
          step('two', 'echo "$OWN"', { env: [{ name: 'OWN', value: '$(steps.one.results.own)' }] }),
        ],
        { spec: { results: [{ name: 'task', type: 'string', value: '$(steps.one.results.own)' }] } },
      ),
    ],
    results: [{ name: 'task', value: result('make', 'task') }],
  }),
  taskRun(
    'results-task-run',
    taskSpec(`printf 1 > $(results.a.path); printf '["b"]' > $(results.b.path)`, {
      results: specs({ a: 'string', b: 'array' }),
    }),
  ),
];
