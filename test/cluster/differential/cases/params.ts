import {
  after,
  configMap,
  defaults,
  image,
  object,
  pipelineRun,
  pipelineRunOf,
  result,
  specs,
  step,
  task,
  taskRun,
  taskSpec,
  values,
} from '../pipeline-case.js';

const show = 'printf "<%s>\\n" "$@"';
const shows = (...args: readonly string[]) => [{ name: 'main', image, command: ['sh', '-ec', show, 'show'], args }];

/** Params: types, defaults, propagation, and what is refused. */
export const params = [
  pipelineRun(
    'params-types',
    {
      params: specs({ text: 'string', list: 'array', map: 'object' }),
      tasks: [
        task('show', shows('$(params.t)', '$(params.l[*])', '$(params.l[1])', '$(params.m.a)', '$(params.m.b)'), {
          params: { t: '$(params.text)', l: ['$(params.list[*])'], m: { a: '$(params.map.a)', b: '$(params.text)' } },
        }),
        task(
          'notations',
          shows(`$(params['text'])`, '$(params["text"])', '$(params.text)$(params.text)', '$(params.list[0])'),
          {},
        ),
      ],
    },
    { run: { params: values({ text: 'a "b" \'c\'', list: ['x', 'y z', ''], map: { a: '1', b: '2' } }) } },
  ),
  pipelineRun(
    'params-defaults',
    {
      params: [
        ...defaults({
          first: 'one',
          second: 'two of $(params.first)',
          list: ['$(params.first)', 'b'],
          map: { a: '$(params.first)', b: 'b' },
        }),
        ...specs({ given: 'string' }),
      ],
      tasks: [
        task(
          'pipeline',
          shows('$(params.first)', '$(params.second)', '$(params.list[*])', '$(params.map.a)$(params.map.b)'),
        ),
        task(
          'task',
          shows('$(params.own)', '$(params.refers)', '$(params.list[*])', '$(params.map.a) $(params.map.b)'),
          {
            spec: {
              params: defaults({ own: 'own', refers: 'to $(params.own)', list: ['c', 'd'], map: { a: 'a', b: 'b' } }),
            },
            more: { params: values({ own: '$(params.given)', map: { b: 'B' } }) },
          },
        ),
      ],
    },
    { run: { params: values({ given: 'given', first: 'FIRST' }) } },
  ),
  pipelineRun(
    'params-propagate',
    {
      params: defaults({ outer: 'pipeline', both: 'pipeline', list: ['p', 'q'] }),
      tasks: [
        task('embedded', shows('$(params.outer)', '$(params.both)', '$(params.undeclared)', '$(params.list[*])'), {
          spec: { params: defaults({ both: 'task' }) },
        }),
        task('passed', shows('$(params.both)'), { params: { both: 'passed $(params.both)' } }),
      ],
    },
    { run: { params: values({ undeclared: 'of the run', outer: 'given' }) } },
  ),
  pipelineRun('params-text', {
    params: defaults({ dollar: 'a$b $$c $(x) $', text: '$(params.dollar)' }),
    tasks: [
      task(
        'arguments',
        shows('$(params.dollar)', '$$(params.dollar)', '$(nothing)', '$(params.none', '$$$$', '$(context.nothing)'),
      ),
      task('script', [
        {
          name: 'main',
          image,
          env: [
            { name: 'FIRST', value: '$(params.dollar)' },
            { name: 'SECOND', value: '[$(FIRST)] $$(FIRST) $(SECOND)' },
          ],
          args: ['$(FIRST)', '$(OTHER)'],
          script: 'printf "%s|" "$FIRST" "$SECOND" "$@" \'$(params.dollar)\' \'$$\'',
        },
      ]),
    ],
  }),
  pipelineRun(
    'params-hostile',
    {
      params: specs({ text: 'string', other: 'string' }),
      tasks: [
        task('show', shows('$(params.text)', '$(params.other)'), {
          params: { text: '$(params.text)', other: '$(params.other)' },
        }),
      ],
    },
    {
      run: {
        params: values({
          text: `'; exit 1; $(params.other) $(context.pipelineRun.name) "\`id\`"\n\\n ü 🚀`,
          other: '$(params.text) $(results.x.path)',
        }),
      },
    },
  ),
  pipelineRun(
    'params-extra',
    { tasks: [{ name: 'show', params: values({ declared: 'yes', more: 'no' }), taskRef: { name: 'params-extra' } }] },
    {
      others: [
        object('Task', 'params-extra', taskSpec('echo $(params.declared)', { params: specs({ declared: 'string' }) })),
      ],
      run: { params: values({ unknown: 'x' }) },
    },
  ),
  pipelineRunOf('params-reference', 'params-reference', {
    others: [
      object('Pipeline', 'params-reference', {
        params: specs({ name: 'string' }),
        tasks: [
          { name: 'show', params: values({ text: '$(params.name)' }), taskRef: { name: 'params-reference' } },
          task('embedded', 'echo $(params.name)'),
        ],
      }),
      object(
        'Task',
        'params-reference',
        taskSpec('echo $(params.text) $(params.name)', { params: defaults({ text: 'x', name: 'its own' }) }),
      ),
    ],
    run: { params: values({ name: 'given' }) },
  }),
  pipelineRun('params-missing', {
    params: specs({ needed: 'string' }),
    tasks: [task('show', 'echo $(params.needed)')],
  }),
  pipelineRun(
    'params-type',
    { params: specs({ list: 'array' }), tasks: [task('show', shows('$(params.list[*])'))] },
    { run: { params: values({ list: 'text' }) } },
  ),
  pipelineRun(
    'params-keys',
    { params: specs({ map: 'object' }), tasks: [task('show', 'echo $(params.map.a)')] },
    { run: { params: values({ map: { a: '1' } }) } },
  ),
  pipelineRun(
    'params-index',
    {
      params: specs({ list: 'array' }),
      tasks: [task('show', 'echo $(params.item)', { params: { item: '$(params.list[2])' } })],
    },
    { run: { params: values({ list: ['a', 'b'] }) } },
  ),
  pipelineRun('params-circle', {
    params: defaults({ a: '$(params.a)' }),
    tasks: [task('show', 'echo $(params.a)')],
  }),
  pipelineRun(
    'params-task-missing',
    { tasks: [{ name: 'show', taskRef: { name: 'params-task-missing' } }] },
    {
      others: [
        object(
          'Task',
          'params-task-missing',
          taskSpec('echo $(params.needed)', { params: specs({ needed: 'string' }) }),
        ),
      ],
    },
  ),
  pipelineRun(
    'params-task-type',
    { tasks: [{ name: 'show', params: values({ list: 'text' }), taskRef: { name: 'params-task-type' } }] },
    {
      others: [
        object('Task', 'params-task-type', taskSpec(shows('$(params.list[*])'), { params: specs({ list: 'array' }) })),
      ],
    },
  ),
  taskRun(
    'params-task-run',
    taskSpec(shows('$(params.text)', '$(params.list[*])'), {
      params: [...specs({ text: 'string' }), ...defaults({ list: ['1', '2'] })],
    }),
    {
      run: { params: values({ text: 'of a TaskRun' }) },
    },
  ),
  taskRun('params-task-run-bad', taskSpec(shows('$(params.text)'), { params: specs({ text: 'string' }) })),
  pipelineRun('params-late-index', {
    tasks: [
      task('make', `printf '["a"]' > $(results.list.path)`, { results: { list: 'array' } }),
      task('use', shows('$(params.list[1])'), { params: { list: [`$(tasks.make.results.list[*])`] } }),
      task('next', 'echo never', { more: after('use') }),
    ],
  }),
  pipelineRun('params-late-type', {
    tasks: [
      task('make', `printf '["a"]' > $(results.list.path)`, { results: { list: 'array' } }),
      task('use', shows('$(params.text)'), {
        spec: { params: specs({ text: 'string' }) },
        more: { params: values({ text: '$(tasks.make.results.list[*])' }) },
      }),
    ],
  }),
  pipelineRun(
    'params-enum',
    {
      params: [{ name: 'colour', type: 'string', enum: ['red', 'blue'], default: 'red' }],
      tasks: [task('show', 'echo $(params.colour)')],
    },
    { differs: { '': 'an enum is checked here; a default Tekton refuses it as an alpha feature' } },
  ),
  pipelineRun('params-names', {
    params: defaults({ 'with.dots': 'dots', under_score: 'score', 'a-b': 'dash' }),
    tasks: [
      task('show', shows(`$(params['with.dots'])`, '$(params.under_score)', '$(params.a-b)', '$(params.with.dots)')),
    ],
  }),
  pipelineRun(
    'params-fields',
    {
      params: defaults({ variable: 'NAME', place: '/tmp', key: 'colour', object: 'params-fields' }),
      tasks: [
        task('show', [
          step('main', 'echo "$NAME $PWD $COLOUR"', {
            workingDir: '$(params.place)',
            env: [
              { name: 'NAME', value: 'of $(params.variable)' },
              { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: '$(params.object)', key: '$(params.key)' } } },
            ],
          }),
        ]),
      ],
    },
    { others: [configMap('params-fields', { colour: 'red' })] },
  ),
  pipelineRun('params-of-results', {
    tasks: [
      task('make', `printf '{"a":"1","b":"two words"}' > $(results.map.path)`, { results: { map: 'object' } }),
      task('use', shows('$(params.map.a)', '$(params.map.b)', '$(params.key)'), {
        params: { map: { a: 'x', b: 'y' }, key: '$(tasks.make.results.map.b)' },
        more: {
          params: [
            { name: 'map', value: '$(tasks.make.results.map[*])' },
            { name: 'key', value: result('make', 'map.b') },
          ],
        },
      }),
    ],
  }),
];
