/** Tekton's own examples, run on this machine: each passes, or is refused, or fails where a default Tekton fails. */
import { describe, expect, test } from 'vitest';
import { findTool } from '../../tools.js';
import { whyNot } from '../tekton.js';
import { readExamples } from './examples.js';
import { type Outcome, runExample } from './run-example.js';

/** Images that need more than a shell, and what of this machine stands for them. */
const hostImages = ['mirror.gcr.io/*python', 'mirror.gcr.io/perl', 'mirror.gcr.io/node'];
const programs = ['bwrap', 'bash', 'python3', 'perl'];

const without = programs.filter((program) => findTool(program, process.env.PATH ?? '') === undefined);
const missing = (await whyNot()) ?? (without.length > 0 ? `${without.join(', ')} missing` : undefined);

/** Many of them sleep: more at a time than there are cores. */
const atATime = 8;

describe.skipIf(missing !== undefined && process.env.CI === undefined)(
  `running Tekton's examples${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    test('ends as the list beside this test says (write it with `npx vitest run -u --project tools test/parity/local/run.test.ts`)', async () => {
      const examples = await readExamples();
      expect(examples).toHaveLength(152);
      const outcomes = new Map<string, Outcome>();
      const left = [...examples];
      const work = async () => {
        for (let one = left.shift(); one !== undefined; one = left.shift()) {
          outcomes.set(one.source, await runExample(one.text, hostImages));
        }
      };
      await Promise.all(Array.from({ length: atATime }, work));
      const list = examples.map(({ source }) => `${source}: ${outcomes.get(source)?.is}\n`).join('');
      const failed = [...outcomes].filter(([, { is }]) => !/^(?:passes|refused)/u.test(is));
      const printed = failed
        .map(([source, outcome]) => [source, ...outcome.printed.slice(-10)].join('\n'))
        .join('\n\n');
      await expect(list, printed.slice(0, 8000)).toMatchFileSnapshot('run-examples.txt');
    }, 300_000);
  },
);
