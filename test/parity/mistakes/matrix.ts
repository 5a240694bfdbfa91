import { text } from '../../../src/tekton/index.js';
import { build, fanned, many, pipelineOf } from '../author.js';
import { absent, type Mistake, mistake, pipelineObject, refused, step, untypable } from '../mistake.js';

const fan = (matrix: object, more: object = {}) => ({ name: 'fan', taskRef: { name: 'test' }, matrix, ...more });
const over = (value: unknown) => ({ params: [{ name: 'target', value }] });
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
const after = (value: unknown) => ({ name: 'report', taskRef: { name: 'report' }, params: [{ name: 'x', value }] });

/** What Tekton refuses of a matrix. */
export const matrixMistakes: readonly Mistake[] = [
  mistake(
    'a matrix of 257 combinations',
    pipelineObject({ tasks: [fan(over(numbers(257)))] }),
    'expected 0 <= 257 <= 256',
    refused(
      () => pipelineOf((p) => void p.matrix('fan', fanned, { over: { target: numbers(257) } })),
      'tasks[0] fan > over: gives 257 combinations; Tekton runs at most 256',
    ),
  ),
  mistake(
    'a matrix of 17 times 17 combinations',
    pipelineObject({
      tasks: [
        fan({
          params: [
            { name: 'os', value: numbers(17) },
            { name: 'cpu', value: numbers(17) },
          ],
        }),
      ],
    }),
    'expected 0 <= 289 <= 256',
    refused(
      () =>
        pipelineOf(
          (p) => void p.matrix('fan', fanned, { over: { os: numbers(17), cpu: numbers(17) }, params: { target: 'a' } }),
        ),
      'tasks[0] fan > over: gives 289 combinations; Tekton runs at most 256',
    ),
  ),
  mistake(
    'one param twice in a matrix',
    pipelineObject({
      tasks: [
        fan({
          params: [
            { name: 'os', value: ['a'] },
            { name: 'os', value: ['b'] },
          ],
        }),
      ],
    }),
    'parameter names must be unique',
    absent('they are the keys of one object'),
  ),
  mistake(
    'one param in the matrix and beside it',
    pipelineObject({ tasks: [fan(over(['a']), { params: [{ name: 'target', value: 'b' }] })] }),
    'expected exactly one, got both',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.matrix('fan', fanned, { over: { target: ['a'] }, params: { target: 'b' } })),
    ),
  ),
  mistake(
    'an undeclared param in a matrix',
    pipelineObject({ tasks: [fan(over(['$(params.nope)']))] }),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.matrix('fan', fanned, { over: { target: [p.params.nope] } })),
    ),
  ),
  mistake(
    'a matrix over a list inside a text',
    pipelineObject({ params: [{ name: 'list', type: 'array' }], tasks: [fan(over(['pre-$(params.list[*])']))] }),
    'variable is not properly isolated',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.matrix('fan', fanned, { over: { target: [text`pre-${p.params.files}`] } })),
    ),
  ),
  mistake(
    'one single result of a matrix',
    pipelineObject({ tasks: [fan(over(['a'])), after('$(tasks.fan.results.digest)')] }),
    'can only be consumed in aggregate using [*]',
    refused(
      () =>
        pipelineOf((p) => {
          const fan = p.matrix('fan', fanned, { over: { target: ['a'] } });
          p.task('report', build, { params: { a: fan.results.digest.at(0) } });
        }),
      'tasks[1] report > params.a: uses one result "digest" of a matrix',
    ),
  ),
  mistake(
    'an array result of a matrix',
    pipelineObject({
      tasks: [
        {
          name: 'fan',
          matrix: over(['a']),
          taskSpec: { params: [{ name: 'target' }], results: [{ name: 'files', type: 'array' }], steps: [step] },
        },
        after(['$(tasks.fan.results.files[*])']),
      ],
    }),
    'must have an underlying type string',
    untypable(() =>
      pipelineOf((p) => {
        const fan = p.matrix('fan', fanned, { over: { target: ['a'] } });
        // @ts-expect-error
        p.task('report', many, { params: { list: fan.results.files } });
      }),
    ),
  ),
];
