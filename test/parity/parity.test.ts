import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { CatalogError } from '../../src/tekton/index.js';
import { matrixMistakes } from './mistakes/matrix.js';
import { pipelineMistakes } from './mistakes/pipeline.js';
import { runMistakes } from './mistakes/run.js';
import { stepMistakes } from './mistakes/step.js';
import { stepActionMistakes } from './mistakes/stepaction.js';
import { taskMistakes } from './mistakes/task.js';
import { type Verdict, validateWithTekton, whyNot } from './tekton.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const mistakes = [
  ...taskMistakes,
  ...stepMistakes,
  ...stepActionMistakes,
  ...pipelineMistakes,
  ...matrixMistakes,
  ...runMistakes,
];
const missing = await whyNot();
const required = process.env.CI !== undefined;

describe.skipIf(missing !== undefined && !required)(
  `Tekton's own validation${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    test('refuses nothing in dist/', async () => {
      const verdicts = await validateWithTekton([`${root}dist`]);
      expect(refusals(verdicts)).toEqual([]);
      const kinds = verdicts.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'Task').length).toBeGreaterThanOrEqual(5);
      expect(kinds.filter((kind) => kind === 'Pipeline').length).toBeGreaterThanOrEqual(1);
    });

    test('refuses nothing in examples/', async () => {
      const files = readdirSync(`${root}examples`, { recursive: true, encoding: 'utf8' }).filter((name) =>
        // Helm templates are not YAML.
        /^(?!.*\/templates\/).*\.ya?ml$/u.test(name),
      );
      const verdicts = await validateWithTekton(files.map((name) => `${root}examples/${name}`));
      expect(refusals(verdicts)).toEqual([]);
      expect(verdicts.filter(({ kind }) => kind === 'PipelineRun').length).toBeGreaterThanOrEqual(1);
    });

    describe('refuses', () => {
      let verdicts: readonly Verdict[];
      beforeAll(async () => {
        verdicts = await validateWithTekton(mistakes.map(({ object }) => JSON.stringify(object)).join('\n---\n'));
      });

      test.each(mistakes.map(({ name, tekton }, index) => [name, tekton, index] as const))('%s', (_, tekton, index) => {
        expect(verdicts[index]?.errors.join('\n')).toContain(tekton);
      });
    });
  },
);

describe('the typed core refuses at synth, too,', () => {
  const written = mistakes.flatMap(({ name, core }) =>
    'synth' in core ? [[name, core.synth, core.says] as const] : [],
  );
  test.each(written)('%s', (_, synth, says) => {
    expect(synth).toThrow(CatalogError);
    expect(synth).toThrow(says);
  });
});

test('no two rows of the table are one', () => {
  const names = mistakes.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

const refusals = (verdicts: readonly Verdict[]) =>
  verdicts.filter(({ ok }) => !ok).map(({ file, index, kind, name, errors }) => ({ file, index, kind, name, errors }));
