import { expect, test } from 'vitest';
import type { Plan, PlanItem, PlanRun } from '../documents/shapes.js';
import { digestOf } from '../documents/signature.js';
import { problemOfEnvironments, problemOfPlan } from './check-plan.js';

const planOf = (item: Partial<PlanItem>, more: Partial<Plan> = {}): Plan => ({
  name: 'shop',
  environments: [{ name: 'dev', attributes: {}, id: '1' }],
  phases: [{ name: 'all', items: [{ key: 'deploy/dev', inputs: {}, gates: [], ...item }] }],
  ...more,
});
const run: PlanRun = { kind: 'Task', name: 'scan', files: [], params: {}, workspaces: {} };

test('a plan as op makes it', () => {
  const environment = { ref: '@/environment/dev' };
  const image = { ref: 'h.io/o/r/-/shop.release.ts/@r1/task/build#output/image' };
  const digest = digestOf('{}');
  const plan = planOf(
    {
      inputs: { environment, image, size: { value: 3 } },
      gates: [
        { is: 'soak', milliseconds: 1000 },
        { is: 'approval', by: ['ann'] },
        { is: 'check', name: 'errors', milliseconds: 60_000 },
        { is: 'window', zone: 'Europe/Berlin', days: ['Mon'], from: '09:00', to: '16:30', except: [] },
      ],
      runs: { up: { ...run, digest, params: { image: 'image' }, files: [] } },
    },
    { documents: { [digest]: '{}' } },
  );
  expect(problemOfPlan(plan, 'h.io/o/r')).toBeUndefined();
});

test.each([
  ['an item of no kind', planOf({ key: 'x/dev' }), 'is not an item'],
  ['an item that leads out of its folder', planOf({ key: 'task/../../x' }), 'is not an item'],
  ['an item whose name each object has', planOf({ key: 'task/constructor' }), 'is not an item'],
  ['an environment that there is not', planOf({ key: 'deploy/prod' }), 'is not an item'],
  ['a reference that cannot be read', planOf({ inputs: { a: { ref: 'no reference' } } }), 'no valid reference'],
  ['a reference that is not whole', planOf({ inputs: { a: { ref: './task/build' } } }), 'no valid reference'],
  ['another value for the environment', planOf({ inputs: { environment: { value: 1 } } }), 'its own input'],
  ['a name that is none', planOf({ inputs: { 'a b': { value: 1 } } }), 'name of an input'],
  [
    'a number that JSON has not',
    planOf({ gates: [{ is: 'soak', milliseconds: Number.POSITIVE_INFINITY }] }),
    'gate soak is not valid',
  ],
  ['a time that no date reaches', planOf({ gates: [{ is: 'soak', milliseconds: 9e15 }] }), 'gate soak is not valid'],
  [
    'an approval that lasts for ever',
    planOf({ gates: [{ is: 'approval', milliseconds: 9e15 }] }),
    'gate approval is not valid',
  ],
  [
    'a check that is asked once in an age',
    planOf({ gates: [{ is: 'check', name: 'a', milliseconds: 9e15 }] }),
    'gate check is not valid',
  ],
  [
    'an output of another repository',
    planOf({ inputs: { a: { ref: 'h.io/o/other/-/shop.release.ts/@/task/build#output/image' } } }),
    'is of another repository, h.io/o/other',
  ],
  [
    'inputs of many releases',
    planOf({
      inputs: Object.fromEntries(
        Array.from({ length: 51 }, (_, index) => [
          `a${index}`,
          { ref: `h.io/o/r/-/shop.release.ts/@r${index + 1}/task/x` },
        ]),
      ),
    }),
    'of more than 50 releases',
  ],
  [
    'many gates',
    planOf({ gates: Array.from({ length: 21 }, () => ({ is: 'approval' as const })) }),
    'more than 20 gates',
  ],
  [
    'a check that is asked all the time',
    planOf({ gates: [{ is: 'check', name: 'a', milliseconds: 1 }] }),
    'gate check',
  ],
  [
    'a zone that there is not',
    planOf({ gates: [{ is: 'window', zone: 'Mars', days: [], from: '09:00', to: '10:00', except: [] }] }),
    'gate window',
  ],
  ['a Task that the plan does not have', planOf({ runs: { up: { ...run, digest: 'x' } } }), 'is missing'],
  ['a Task with another digest', planOf({}, { documents: { x: '{}' } }), 'is another one'],
  ['a Task in files', planOf({ runs: { up: { ...run, files: ['a.yaml'] } } }), 'in files'],
  ['a param of no input', planOf({ runs: { up: { ...run, params: { a: 'b' } } } }), 'which is not there'],
  ['a name of a path', planOf({ runs: { up: { ...run, name: '../x' } } }), 'cannot be the name'],
] as const)('%s is refused', (_, plan, why) => expect(problemOfPlan(plan, 'h.io/o/r')).toContain(why));

test('environments as a file makes them', () => {
  const attributes = { type: 'prod', region: 'eu-1', 'note.of_all': 'two words, ä' };
  expect(
    problemOfEnvironments([
      { name: 'Prod.EU-1', attributes },
      { name: 'dev', attributes: {} },
    ]),
  ).toBeUndefined();
});

const environment = (name: string, attributes: Readonly<Record<string, string>> = {}) => ({ name, attributes });

test.each([
  ['a path', [environment('../prod')], 'is not a name'],
  ['a window title', [environment('\u001b]0;owned\u0007')], 'is not a name'],
  ['no name', [environment('')], 'is not a name'],
  ['a flag', [environment('-x')], 'is not a name'],
  ['what each object has', [environment('valueOf')], 'is not a name'],
  ['a long name', [environment('a'.repeat(64))], 'is not a name'],
  ['one that is there twice', [environment('dev'), environment('dev', { type: 'prod' })], 'dev is there twice'],
  ['an attribute with a space', [environment('dev', { 'a b': '' })], 'cannot be the name of an attribute'],
  ['a colour', [environment('dev', { type: '\u001b[31mprod' })], 'attribute type of dev'],
  ['a line break', [environment('dev', { type: 'prod\nstaging' })], 'attribute type of dev'],
  ['a long value', [environment('dev', { type: 'x'.repeat(1001) })], 'attribute type of dev'],
  ['many', Array.from({ length: 201 }, (_, index) => environment(`e${index}`)), 'more than 200'],
  [
    'many attributes',
    [environment('dev', Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`a${index}`, ''])))],
    'more than 50',
  ],
] as const)('%s is refused as an environment', (_, environments, why) =>
  expect(problemOfEnvironments(environments)).toContain(why),
);
