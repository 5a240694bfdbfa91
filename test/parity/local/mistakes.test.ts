/** What Tekton's webhook refuses, local runs refuse before anything starts; what it accepts, they read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../../src/local/documents/read.js';
import { CatalogError, toPipeline, toPipelineRun, toTask } from '../../../src/tekton/index.js';
import { anyPipeline } from '../arbitrary/pipeline.js';
import { anyRun } from '../arbitrary/run.js';
import { anyTask } from '../arbitrary/task.js';
import { matrixMistakes } from '../mistakes/matrix.js';
import { pipelineMistakes } from '../mistakes/pipeline.js';
import { runMistakes } from '../mistakes/run.js';
import { stepMistakes } from '../mistakes/step.js';
import { stepActionMistakes } from '../mistakes/stepaction.js';
import { taskMistakes } from '../mistakes/task.js';

const mistakes = [
  ...taskMistakes,
  ...stepMistakes,
  ...stepActionMistakes,
  ...pipelineMistakes,
  ...matrixMistakes,
  ...runMistakes,
];
/** Issue 11 wants enums of params, which Tekton has behind a flag. */
const allowed = /^an enum/u;

describe('reading', () => {
  test.each(mistakes.filter(({ name }) => !allowed.test(name)).map(({ name, object }) => [name, object] as const))(
    'refuses %s',
    (_, object) => {
      const { problems } = readDocuments([{ source: 'x.yaml', text: JSON.stringify(object) }]);
      expect(problems.map(({ path }) => path).filter((path) => path.includes(' > '))).not.toEqual([]);
    },
  );

  /** What Tekton accepts and this machine cannot do. */
  const local =
    /only in a cluster|cannot be made on this machine|not asked on this machine|privileged|podTemplate|this machine (?:knows|resolves)/u;

  const rendered = <D>(definitions: readonly D[], render: (definition: D) => object): object[] =>
    definitions.flatMap((definition) => {
      try {
        return [render(definition)];
      } catch (error) {
        if (error instanceof CatalogError) return [];
        throw error;
      }
    });

  test.each([
    ['Tasks', () => rendered(fc.sample(anyTask, { numRuns: 1500, seed: 20261126 }), toTask)],
    ['Pipelines', () => rendered(fc.sample(anyPipeline, { numRuns: 1500, seed: 20261126 }), toPipeline)],
    ['PipelineRuns', () => rendered(fc.sample(anyRun, { numRuns: 1500, seed: 20261126 }), toPipelineRun)],
  ])('accepts %s made at random, which the core and Tekton accept', (_, render) => {
    const wrong = render().flatMap((object) =>
      readDocuments([{ source: 'x.yaml', text: JSON.stringify(object) }])
        .problems.filter(({ what }) => !local.test(what))
        .map((problem) => ({ ...problem, object: JSON.stringify(object) })),
    );
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('accepts all of dist/', () => {
    const dist = join(import.meta.dirname, '../../../dist');
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
    const read = readDocuments(files.map((source) => ({ source, text: readFileSync(join(dist, source), 'utf8') })));
    expect(read.problems.filter(({ what }) => !local.test(what) && !/ and again in /u.test(what))).toEqual([]);
    expect(read.tasks.length).toBeGreaterThan(5);
  });
});
