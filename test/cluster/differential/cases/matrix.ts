import { after, pipelineRun, result, specs, task, values } from '../pipeline-case.js';

const fan = (
  params: Readonly<Record<string, readonly string[] | string>>,
  include?: readonly Readonly<Record<string, string>>[],
) => ({
  matrix: {
    ...(Object.keys(params).length === 0 ? {} : { params: values(params) }),
    ...(include && { include: include.map((row, index) => ({ name: `row-${index}`, params: values(row) })) }),
  },
});

/** One task, several TaskRuns. */
export const matrix = [
  pipelineRun(
    'matrix-results',
    {
      params: specs({ list: 'array' }),
      tasks: [
        task('build', `printf '%s' '$(params.os)/$(params.fixed)' > $(results.x.path); echo $(params.os)`, {
          results: { x: 'string' },
          spec: { params: specs({ os: 'string', fixed: 'string' }) },
          more: {
            ...fan({ os: ['$(params.list[*])'] }),
            params: values({ fixed: 'f' }),
            displayName: 'Build for $(params.os)',
          },
        }),
        task('use', 'printf "<%s>" "$@"', {
          params: {
            all: ['$(tasks.build.results.x[*])'],
            count: '$(tasks.build.matrix.length)',
            results: '$(tasks.build.matrix.x.length)',
          },
          spec: {
            steps: [
              {
                name: 'main',
                image: 'localhost:5000/rig/busybox:1',
                command: ['sh', '-ec', 'printf "<%s>" "$@"', 'x'],
                args: ['$(params.all[*])', '$(params.count)', '$(params.results)'],
              },
            ],
          },
        }),
      ],
      results: [{ name: 'all', type: 'array', value: result('build', 'x[*]') }],
    },
    { run: { params: values({ list: ['linux', 'mac'] }) } },
  ),
  pipelineRun('matrix-include', {
    tasks: [
      task('build', 'echo "$(params.os) $(params.arch) $(params.flag)"', {
        spec: {
          params: [...specs({ os: 'string' }), { name: 'arch', default: 'none' }, { name: 'flag', default: 'no' }],
        },
        more: fan({ os: ['a', 'b'] }, [{ os: 'a', flag: 'only-a' }, { os: 'c', arch: 'new' }, { flag: 'everywhere' }]),
      }),
    ],
  }),
  pipelineRun('matrix-rows', {
    tasks: [
      task('build', 'echo "$(params.os) $(params.arch)"', {
        spec: { params: specs({ os: 'string', arch: 'string' }) },
        more: fan({}, [
          { os: 'a', arch: '1' },
          { os: 'b', arch: '2' },
        ]),
      }),
    ],
  }),
  pipelineRun(
    'matrix-empty',
    {
      params: specs({ list: 'array' }),
      tasks: [
        task('build', 'echo never', {
          spec: { params: specs({ os: 'string' }) },
          more: fan({ os: ['$(params.list[*])'] }),
        }),
        task('after', 'echo never', { more: after('build') }),
      ],
      finally: [task('last', 'echo "$(params.s)"', { params: { s: '$(tasks.build.status) $(tasks.status)' } })],
    },
    { run: { params: values({ list: [] }) } },
  ),
  pipelineRun('matrix-fails', {
    tasks: [
      task('build', '[ $(params.os) = good ]', {
        spec: { params: specs({ os: 'string' }) },
        more: { ...fan({ os: ['bad', 'good'] }), retries: 1 },
      }),
      task('after', 'echo never', { more: after('build') }),
    ],
    finally: [task('last', 'echo "$(params.s)"', { params: { s: '$(tasks.build.status) $(tasks.build.reason)' } })],
  }),
  pipelineRun('matrix-of-results', {
    tasks: [
      task('make', `printf '["x","y"]' > $(results.list.path)`, { results: { list: 'array' } }),
      task('build', 'echo $(params.one)', {
        spec: { params: specs({ one: 'string' }) },
        more: fan({ one: ['$(tasks.make.results.list[*])'] }),
      }),
    ],
  }),
  pipelineRun('matrix-text', {
    tasks: [
      task('build', 'echo $(params.os)', { spec: { params: specs({ os: 'string' }) }, more: fan({ os: 'text' }) }),
    ],
  }),
  pipelineRun('matrix-many', {
    tasks: [
      task('build', 'echo $(params.a) $(params.b)', {
        spec: { params: specs({ a: 'string', b: 'string' }) },
        more: fan({
          a: Array.from({ length: 17 }, (_, index) => `${index}`),
          b: Array.from({ length: 16 }, (_, index) => `${index}`),
        }),
      }),
    ],
  }),
  pipelineRun('matrix-and-param', {
    tasks: [
      task('build', 'echo $(params.os)', {
        spec: { params: specs({ os: 'string' }) },
        more: { ...fan({ os: ['a'] }), params: values({ os: 'b' }) },
      }),
    ],
  }),
];
