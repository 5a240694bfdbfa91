import fc from 'fast-check';
import { flag, type Step, type TaskDefinition, task, text } from '../../../src/tekton/index.js';
import { image } from '../author.js';
import { duration, name, optional, params, path, results, value, workspaces } from './words.js';

/** What a step is made of; references are taken from whatever its Task declares. */
const stepSeed = fc.record({
  name,
  words: fc.array(value, { maxLength: 3 }),
  script: fc.option(
    fc.constantFrom(...['op', 'op', 'op', '#!/bin/sh\necho "$HOME"', '#!win x', 'echo $(params.url)']),
    {
      nil: undefined,
      freq: 6,
    },
  ),
  withImage: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  more: optional({
    workingDir: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('/tmp', '/data') }, { weight: 1, arbitrary: value }),
    timeout: duration,
    onError: fc.constantFrom('continue' as const, 'stopAndFail' as const),
    volumeMounts: fc.array(
      fc.record({
        name: fc.constantFrom(...'tmp home tmp home tmp home tmp tekton-internal-x'.split(' ')),
        mountPath: path,
      }),
      {
        maxLength: 2,
      },
    ),
    env: fc.dictionary(fc.constantFrom('A', 'B', 'PATH', 'a.b', '1', ''), value, { maxKeys: 2, noNullPrototype: true }),
  }),
});

const tmp = { name: 'tmp', emptyDir: {} };
const home = { name: 'home', emptyDir: {} };

/** A Task with anything the core can say, right or wrong. */
export const anyTask: fc.Arbitrary<TaskDefinition> = fc
  .record({
    name,
    params,
    results,
    workspaces,
    steps: fc.uniqueArray(stepSeed, { minLength: 1, maxLength: 3, selector: ({ name: unique }) => unique }),
    volumes: fc.constantFrom(
      ...[[], [home, tmp], [home, tmp], [home, tmp], [home, tmp], [home, tmp], [home, tmp], [tmp, tmp]],
    ),
    sidecars: fc.array(fc.record({ name, image: fc.constantFrom(image, image, image, '') }), { maxLength: 1 }),
    templateImage: fc.boolean(),
  })
  .map((seed) =>
    task(seed.name, {
      params: seed.params,
      results: seed.results,
      workspaces: seed.workspaces,
      volumes: seed.volumes,
      sidecars: seed.sidecars,
      ...(seed.templateImage ? { stepTemplate: { image } } : {}),
      steps: (scope): readonly Step[] =>
        seed.steps.map(({ name: stepName, words, script, withImage, more }) => {
          const references = Object.entries(scope.params).flatMap(([key, reference]) =>
            seed.params[key]?.type === 'string' ? [flag('value', reference as never)] : [],
          );
          const paths = Object.values(scope.results).map(({ path: written }) => text`--result=${written}`);
          const places = Object.values(scope.workspaces).map(({ path: place }) => place);
          const head = { name: stepName, ...(withImage ? { image } : {}), ...more };
          const args = [...words, ...references, ...paths, ...places];
          return script === undefined ? { ...head, command: ['op'], args } : { ...head, script, args: paths };
        }),
    }),
  ) as unknown as fc.Arbitrary<TaskDefinition>;
