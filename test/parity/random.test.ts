import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CatalogError, toPipeline, toPipelineRun, toTask } from '../../src/tekton/index.js';
import { anyPipeline } from './arbitrary/pipeline.js';
import { anyRun } from './arbitrary/run.js';
import { anyTask } from './arbitrary/task.js';
import { validateWithTekton, whyNot } from './tekton.js';

const missing = await whyNot();
const count = 3000;

/** What the core renders of the definitions that it finds right. */
function accepted<D>(definitions: readonly D[], render: (definition: D) => object): object[] {
  return definitions.flatMap((definition) => {
    try {
      return [render(definition)];
    } catch (error) {
      if (error instanceof CatalogError) return [];
      throw error;
    }
  });
}

/** Objects that Tekton refuses, with its reasons; a handful is enough to see what is wrong. */
async function refused(objects: readonly object[]): Promise<unknown[]> {
  const verdicts = await validateWithTekton(objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  expect(verdicts.length).toBe(objects.length);
  return verdicts.flatMap(({ ok, errors }, index) => (ok ? [] : [{ errors, object: objects[index] }])).slice(0, 5);
}

describe.skipIf(missing !== undefined && process.env.CI === undefined)(
  `whatever the core accepts, Tekton accepts${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    test.each([
      ['Tasks', () => accepted(fc.sample(anyTask, { numRuns: count, seed: 20261121 }), toTask)],
      ['Pipelines', () => accepted(fc.sample(anyPipeline, { numRuns: count, seed: 20261121 }), toPipeline)],
      ['PipelineRuns', () => accepted(fc.sample(anyRun, { numRuns: count, seed: 20261121 }), toPipelineRun)],
    ])('%s made at random', async (_, render) => {
      const objects = render();
      expect(objects.length).toBeGreaterThan(50);
      expect(await refused(objects)).toEqual([]);
    });
  },
);
