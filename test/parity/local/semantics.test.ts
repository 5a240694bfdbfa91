/** Substitution, when, matrix and order of local runs against Tekton's own functions, on generated input. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dagProblems, needsOf } from '../../../src/local/plan/dag.js';
import { countCombinations, fanOut } from '../../../src/local/plan/matrix.js';
import { allowsExecution, substituteWhen } from '../../../src/local/plan/when.js';
import {
  paramVariables,
  substitute,
  substituteList,
  substituteValue,
} from '../../../src/local/variables/substitute.js';
import type { WirePipelineTask } from '../../../src/tekton/wire/pipeline.js';
import type { WireValue, WireWhen } from '../../../src/tekton/wire/task.js';
import { askTekton, type Question, whyNot } from '../tekton.js';

const missing = await whyNot();
const count = 1500;

/** Params whose values hold references too: nothing may be replaced twice. */
const params = {
  url: 'https://x',
  empty: '',
  evil: '$(params.url) $$ $& $1 ` \' " \\ \n $(params.list[0])',
  'dotted.name': 'dotted',
  list: ['one', '$(params.url)', 'three words', ''],
  none: [] as string[],
  object: { key: 'value', 'a)b': 'odd', url: '$(params.url)' },
};
const variables = new Map<string, WireValue>([
  ...paramVariables(params),
  ['tasks.build.results.digest', 'sha256:1'],
  ['tasks.build.results.images', ['a', 'b']],
  ['tasks.build.results.images[1]', 'b'],
  ['context.taskRun.name', 'run'],
]);

const entries = [...variables];
const maps = {
  strings: Object.fromEntries(entries.filter(([, value]) => typeof value === 'string')),
  arrays: Object.fromEntries(entries.filter(([, value]) => Array.isArray(value))),
  objects: Object.fromEntries(entries.filter(([, value]) => typeof value === 'object' && !Array.isArray(value))),
};

const reference = fc
  .tuple(
    fc.constantFrom(...variables.keys(), 'params.unknown', 'params', ''),
    fc.constantFrom('', '[*]', '[0]', '[9]', '.x'),
  )
  .map(([key, end]) => `$(${key}${end})`);
const fragment = fc.oneof(
  { weight: 4, arbitrary: reference },
  fc.constantFrom('$', '$$', '$(', ')', '((', '$($(', '"', "'", '\n', ' ', 'ä', '🚀', 'x', '[*]', '&', '<'),
);
const text = fc.oneof(
  reference,
  fc.array(fragment, { maxLength: 6 }).map((parts) => parts.join('')),
);
const value: fc.Arbitrary<WireValue> = fc.oneof(
  text,
  fc.array(text, { maxLength: 4 }),
  fc.dictionary(fc.constantFrom('a', 'b'), text),
);
const seed = 20261126;
const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns = count): T[] => fc.sample(arbitrary, { numRuns, seed });

/** Go leaves empty texts and lists out. */
function written({ operator, input, values = [] }: WireWhen) {
  return { ...(input ? { input } : {}), operator, ...(values.length === 0 ? {} : { values }) };
}

async function ask(questions: readonly Question[]): Promise<unknown[]> {
  return (await askTekton(questions)).map(({ answer, error }) => answer ?? error);
}

describe.skipIf(missing !== undefined && process.env.CI === undefined)(
  `local runs and Tekton's own code agree${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    test('on every text: one pass, unknown variables stay, values are not replaced again, there is no escape', async () => {
      const texts = sample(text);
      const theirs = await ask(texts.map((one) => ({ do: 'text', text: one, ...maps })));
      expect(texts.map((one) => substitute(one, variables))).toEqual(theirs);
    });

    test('on items of a list: an array becomes its items when it stands alone', async () => {
      const texts = sample(text);
      const theirs = await ask(texts.map((one) => ({ do: 'list', text: one, ...maps })));
      expect(texts.map((one) => substituteList([one], variables))).toEqual(theirs.map((one) => one ?? []));
    });

    test('on values of params: a text that is one reference takes the type of what it refers to', async () => {
      const values = sample(value);
      const theirs = await ask(values.map((one) => ({ do: 'value', value: one, ...maps })));
      expect(values.map((one) => substituteValue(one, variables))).toEqual(theirs);
    });

    test('on when: arrays as items and as JSON, in and notin, several of them', async () => {
      const when = fc.record({
        input: text,
        operator: fc.constantFrom('in' as const, 'notin' as const),
        values: fc.array(text, { minLength: 1, maxLength: 3 }),
      });
      const lists = sample(fc.array(when, { maxLength: 2 }));
      const theirs = await ask(lists.map((one) => ({ do: 'when', when: one, ...maps })));
      const ours = lists.map((list) => {
        const replaced = substituteWhen(list, variables);
        return { when: replaced.map(written), allowed: allowsExecution(replaced) };
      });
      expect(ours).toEqual(
        theirs.map((one) => {
          const { when, allowed } = one as { readonly when: WireWhen[] | null; readonly allowed: boolean };
          return { when: when ?? [], allowed };
        }),
      );
    });

    test('on a matrix: which runs, in which order, with include folded in or added', async () => {
      const name = fc.constantFrom('os', 'arch', 'extra');
      const word = fc.constantFrom('a', 'b', 'c');
      const matrix = fc.record({
        params: fc.uniqueArray(fc.record({ name, value: fc.array(word, { maxLength: 3 }) }), {
          maxLength: 3,
          selector: (one) => one.name,
        }),
        include: fc.array(
          fc.record({
            params: fc.uniqueArray(fc.record({ name, value: word }), { maxLength: 3, selector: (one) => one.name }),
          }),
          { maxLength: 3 },
        ),
      });
      const all = sample(matrix);
      const rows = await ask(all.map((one) => ({ do: 'matrix', matrix: one })));
      expect(all.map(fanOut)).toEqual(rows.map((one) => (one as (unknown[] | null)[]).map((row) => row ?? [])));
      const counts = await ask(all.map((one) => ({ do: 'count', matrix: one })));
      expect(all.map(countCombinations)).toEqual(counts);
    });

    test('on the order of tasks: which needs which, and whether a Pipeline can be run at all', async () => {
      const other = fc.constantFrom('a', 'b', 'c', 'd', 'e');
      const use = fc.oneof(
        other.map((task) => `$(tasks.${task}.results.r)`),
        other.map((task) => `x $(tasks.${task}.results.r[0]) $(tasks.${task}.results.o.k)`),
        other.map((task) => `$(tasks.${task}.results["r"])`),
        other.map((task) => `$(tasks.${task}.status)`),
        fc.constant('plain'),
        fc.constant('$(params.p) $(tasks.a.matrix.length)'),
      );
      const task = fc.record(
        {
          params: fc.array(
            fc.record({ name: fc.constant('p'), value: fc.oneof(use, fc.array(use, { maxLength: 2 })) }),
            { maxLength: 1 },
          ),
          runAfter: fc.array(other, { maxLength: 2 }),
          when: fc.array(
            fc.record({ input: use, operator: fc.constant('in' as const), values: fc.array(use, { maxLength: 1 }) }),
            { maxLength: 1 },
          ),
          matrix: fc.record({
            params: fc.array(fc.record({ name: fc.constant('m'), value: fc.array(use, { maxLength: 2 }) }), {
              maxLength: 1,
            }),
          }),
          taskSpec: fc.record({
            steps: fc.tuple(
              fc.record({
                name: fc.constant('s'),
                image: fc.constant('i'),
                script: use,
                env: fc.array(fc.record({ name: fc.constant('E'), value: use }), { maxLength: 1 }),
              }),
            ),
          }),
        },
        { requiredKeys: [] },
      );
      const lists = sample(fc.array(task, { minLength: 1, maxLength: 5 }), 2000).map((list) =>
        list.map((one, index): WirePipelineTask => ({ ...one, name: 'abcde'[index] ?? '' })),
      );
      const theirs = await askTekton(lists.map((tasks) => ({ do: 'dag', tasks })));
      const ours = lists.map((tasks) => ({
        possible: dagProblems({ tasks }).length === 0,
        needs: Object.fromEntries([...needsOf({ tasks })].filter(([, needs]) => needs.length > 0)),
      }));
      expect(ours.map(({ possible }) => possible)).toEqual(theirs.map(({ error }) => error === undefined));
      const right = ours.flatMap(({ possible, needs }, index) => (possible ? [[needs, theirs[index]?.answer]] : []));
      expect(right.length).toBeGreaterThan(50);
      expect(right.map(([mine]) => mine)).toEqual(right.map(([, other]) => other ?? {}));
    });
  },
);
