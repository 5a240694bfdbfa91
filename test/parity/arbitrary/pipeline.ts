import fc from 'fast-check';
import { eq, type PipelineDefinition, param, pipeline, result, task, workspace } from '../../../src/tekton/index.js';
import { image } from '../author.js';
import { duration, name, optional, params, value, workspaces } from './words.js';

const nodeSeed = fc.record({
  name,
  which: fc.nat(2),
  phase: fc.constantFrom('tasks', 'tasks', 'tasks', 'finally', 'matrix'),
  literal: value,
  useResult: fc.boolean(),
  useStatus: fc.boolean(),
  more: optional({
    retries: fc.constantFrom(0, 0, 0, 1, 3, 0, -1),
    onError: fc.constantFrom('continue' as const, 'stopAndFail' as const),
    timeout: duration,
    displayName: value,
    embed: fc.boolean(),
  }),
  values: fc.array(value, { maxLength: 3 }),
});

/** A Task that every node can be. */
export const worker = task('worker', {
  params: { value: param.string({ default: '' }), list: param.array({ default: [] }) },
  results: { x: result.string(), many: result.array() },
  workspaces: { source: workspace({ optional: true }) },
  steps: () => [{ name: 'run', image, command: ['op'] }],
});

/** A Pipeline whose nodes take literals, params, results and statuses of each other, right or wrong. */
export const anyPipeline: fc.Arbitrary<PipelineDefinition> = fc
  .record({
    name,
    params,
    workspaces,
    nodes: fc.array(nodeSeed, { minLength: 1, maxLength: 4 }),
    output: name,
    outputs: fc.boolean(),
  })
  .map((seed) =>
    pipeline(seed.name, { params: seed.params, workspaces: seed.workspaces }, (p) => {
      const strings = Object.entries(p.params).flatMap(([key, reference]) =>
        seed.params[key]?.type === 'string' ? [reference] : [],
      );
      const volumes = Object.entries(p.workspaces).flatMap(([key, ref]) =>
        seed.workspaces[key]?.kind === 'volume' ? [ref] : [],
      );
      let before:
        | ReturnType<
            typeof p.task<(typeof worker)['params'], (typeof worker)['results'], (typeof worker)['workspaces']>
          >
        | undefined;
      for (const { name: nodeName, phase, literal, useResult, useStatus, more, values } of seed.nodes) {
        const given = useResult && before ? before.results.x : (strings[0] ?? literal);
        const list = useResult && before ? before.results.many : values;
        const bind = volumes[0] === undefined ? {} : { workspaces: { source: volumes[0] } };
        const options = { ...more, ...bind, params: { value: given, list } } as never;
        if (phase === 'finally') {
          const status = useStatus && before ? { params: { value: before.status } } : {};
          p.finally(nodeName, worker, { ...(options as object), ...status } as never);
        } else if (phase === 'matrix') {
          p.matrix(nodeName, worker, { ...more, ...bind, over: { value: values } } as never);
        } else {
          const guard = useStatus && before ? { when: eq(before.results.x, literal), after: [before] } : {};
          before = p.task(nodeName, worker, { ...(options as object), ...guard } as never);
        }
      }
      return seed.outputs && before ? { [seed.output]: before.results.x } : {};
    }),
  ) as unknown as fc.Arbitrary<PipelineDefinition>;
