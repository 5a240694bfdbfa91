/** Tekton semantics that surprise; each names the thread where people met it. */
import { describe, expect, test } from 'vitest';
import type { WirePipelineSpec, WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireParamSpec } from '../../tekton/wire/task.js';
import { paramVariables, substitute } from '../variables/substitute.js';
import { dagProblems, needsOf } from './dag.js';
import { countCombinations, fanOut, hasEmptyArray, matrixProblems } from './matrix.js';
import {
  extraParams,
  pipelineParams,
  pipelineParamsRefused,
  propagated,
  taskParamsRefused,
  withDefaults,
} from './params.js';
import { pipelineResults } from './results.js';
import { allowsExecution, substituteWhen } from './when.js';

const pipeline = (...tasks: WirePipelineTask[]): WirePipelineSpec => ({ tasks });
const saidOf = (spec: WirePipelineSpec) => dagProblems(spec).map(({ path, what }) => `${path}: ${what}`);

describe('the order of tasks', () => {
  test('follows runAfter, and results in params, when, matrix and embedded steps (#2093, #5404)', () => {
    const use = '$(tasks.a.results.r)';
    const needs = needsOf(
      pipeline(
        { name: 'a' },
        { name: 'after', runAfter: ['a'] },
        { name: 'params', params: [{ name: 'p', value: ['x', use] }] },
        { name: 'when', when: [{ input: 'x', operator: 'in', values: ['$(tasks.a.results.list[*])'] }] },
        { name: 'matrix', matrix: { params: [{ name: 'p', value: [use] }] } },
        { name: 'include', matrix: { include: [{ params: [{ name: 'p', value: use }] }] } },
        { name: 'env', taskSpec: { steps: [{ name: 's', env: [{ name: 'A', value: use }] }] } },
        { name: 'status', params: [{ name: 'p', value: '$(tasks.a.status)' }] },
        { name: 'subPath', workspaces: [{ name: 'w', subPath: use }] },
      ),
    );
    expect([...needs].filter(([, list]) => list.includes('a')).map(([name]) => name)).toEqual([
      ...['after', 'params', 'when', 'matrix', 'include', 'env'],
    ]);
  });

  test('cannot be a circle, nor lead to a task that is not there or runs at the end', () => {
    expect(
      saidOf({
        ...pipeline(
          { name: 'a', runAfter: ['c'] },
          { name: 'b', params: [{ name: 'p', value: '$(tasks.a.results.r)' }] },
          { name: 'c', runAfter: ['b'] },
          { name: 'd', runAfter: ['nobody', 'end'] },
          { name: 'd' },
        ),
        finally: [
          { name: 'end', runAfter: ['a'], params: [{ name: 'p', value: '$(tasks.other.results.r)' }] },
          { name: 'other' },
        ],
      }),
    ).toEqual([
      'spec.tasks[4].name: there are two tasks d',
      'spec.tasks[3] d: needs the task end, which runs at the end',
      'spec.tasks[3] d: needs the task nobody that is not there',
      'spec.finally[0] end: a finally task has no runAfter',
      'spec.finally[0] end: uses a result of other, which is not in tasks',
      'spec.tasks[0] a: waits for itself: a needs c needs b needs a',
    ]);
  });

  test('of a chain of 20,000 tasks is found without a deep stack', () => {
    const tasks = Array.from({ length: 20_000 }, (_, index) => ({
      name: `t${index}`,
      ...(index === 0 ? {} : { runAfter: [`t${index - 1}`] }),
    }));
    expect(dagProblems({ tasks })).toEqual([]);
  });
});

describe('a matrix', () => {
  const rows = (matrix: Parameters<typeof fanOut>[0]) =>
    fanOut(matrix).map((row) => row.map(({ name, value }) => `${name}=${value}`).join(' '));

  test('folds an include row into the combinations that it agrees with, and adds one that agrees with none', () => {
    const params = [{ name: 'os', value: ['a', 'b'] }];
    expect(
      rows({
        params,
        include: [
          {
            params: [
              { name: 'os', value: 'a' },
              { name: 'extra', value: '1' },
            ],
          },
        ],
      }),
    ).toEqual(['extra=1 os=a', 'os=b']);
    expect(rows({ params, include: [{ params: [{ name: 'os', value: 'c' }] }] })).toEqual(['os=a', 'os=b', 'os=c']);
    expect(rows({ include: [{ params: [{ name: 'x', value: '1' }] }, { params: [] }] })).toEqual(['x=1', '']);
  });

  test('changes its first param fastest, and counts what it makes', () => {
    const matrix = {
      params: [
        { name: 'b', value: ['1', '2'] },
        { name: 'a', value: ['x', 'y'] },
      ],
    };
    expect(rows(matrix)).toEqual(['a=x b=1', 'a=x b=2', 'a=y b=1', 'a=y b=2']);
    expect(countCombinations(matrix)).toBe(4);
    expect(hasEmptyArray(matrix)).toBe(false);
    expect(hasEmptyArray({ params: [{ name: 'a', value: [] }] })).toBe(true);
  });

  test('takes arrays in params and texts in include, and makes at most 256 runs', () => {
    const many = Array.from({ length: 257 }, String);
    const said = (matrix: Parameters<typeof fanOut>[0]) =>
      matrixProblems('t', matrix, 'open').map(({ path, what }) => `${path}: ${what}`);
    expect(said({ params: [{ name: 'a', value: 'x' }], include: [{ params: [{ name: 'b', value: ['x'] }] }] })).toEqual(
      [
        'matrix.include[0].params[0].value: parameters of type string only are allowed, but param "b" has type "array" in pipelineTask "t"',
        'matrix.params[0].value: parameters of type array only are allowed, but param "a" has type "string" in pipelineTask "t"',
      ],
    );
    expect(said({ params: [{ name: 'a', value: '$(tasks.x.results.y[*])' }] })).toEqual([]);
    expect(said({ params: [{ name: 'a', value: many }] })).toEqual(['matrix: makes 257 runs, and Tekton allows 256']);
  });
});

describe('when', () => {
  test('holds when all of it holds; without any of it a task runs', () => {
    const is = (operator: 'in' | 'notin', ...values: string[]) => ({ input: 'a', operator, values });
    expect(
      [[], [is('in', 'a')], [is('notin', 'a')], [is('in', 'b')], [is('in', 'a'), is('notin', 'a')]].map(
        allowsExecution,
      ),
    ).toEqual([...[true, true, false, false, false]]);
    expect(allowsExecution([{ operator: 'in', values: [''] }])).toBe(true);
  });

  test('looks into an array in values, and compares an array in input as JSON', () => {
    const variables = paramVariables({ list: ['a', '<b>'] });
    expect(
      substituteWhen([{ input: '$(params.list[*])', operator: 'in', values: ['x', '$(params.list[*])'] }], variables),
    ).toEqual([{ input: '["a","\\u003cb\\u003e"]', operator: 'in', values: ['x', 'a', '<b>'] }]);
  });
});

describe('params', () => {
  const string = (name: string, value?: string): WireParamSpec => ({
    name,
    type: 'string',
    ...(value === undefined ? {} : { default: value }),
  });

  test('of a Task: a default that refers to another param sees the default of that one, not its value (#2093)', () => {
    const specs = [string('a', 'A'), string('b', 'b-$(params.a)'), string('c'), string('d', '$(params.c)')];
    expect(withDefaults(specs, { a: 'given', c: 'C' })).toEqual({ a: 'given', b: 'b-A', c: 'C' });
    // d has no value: $(params.d) stays as text (#3718).
    expect(substitute('$(params.d)', paramVariables(withDefaults(specs, { c: 'C' })))).toBe('$(params.d)');
  });

  test('of a Task: keys of a default object that were not given are kept', () => {
    const spec: WireParamSpec = { name: 'o', type: 'object', default: { a: '1', b: '2' } };
    expect(withDefaults([spec], { o: { b: '3' }, extra: 'x' })).toEqual({ o: { a: '1', b: '3' }, extra: 'x' });
  });

  test('of a Pipeline: defaults see values, through each other and in any order (#5404)', () => {
    const specs: WireParamSpec[] = [
      string('image', '$(params.registry)/app:$(params.tag)'),
      string('registry', '$(params.host)/org'),
      string('host'),
      string('tag', 'v1'),
      { name: 'args', type: 'array', default: ['$(params.image)', 'x'] },
      { name: 'o', type: 'object', default: { first: '$(params.args[0])' } },
    ];
    expect(pipelineParams(specs, { host: 'h' }, 'default/p')).toEqual({
      values: {
        ...{ host: 'h', image: 'h/org/app:v1', registry: 'h/org', tag: 'v1' },
        ...{ args: ['h/org/app:v1', 'x'], o: { first: 'h/org/app:v1' } },
      },
    });
  });

  test.each([
    [
      'refer to each other',
      [string('a', '$(params.b)'), string('b', '$(params.a)')],
      'circular dependency detected in param "params.a"',
    ],
    ['refer to nothing', [string('a', '$(params.b)')], 'param "params.a" references undefined param "params.b"'],
    [
      'go too deep',
      Array.from({ length: 13 }, (_, index) => string(`p${index}`, index === 12 ? 'x' : `$(params.p${index + 1})`)),
      'maximum recursion depth (10) exceeded for param "params.p11"',
    ],
  ])('of a Pipeline: defaults that %s are refused as Tekton does', (_, specs, why) => {
    expect(pipelineParams(specs, {}, 'default/p')).toEqual({
      refused: {
        reason: 'PipelineValidationFailed',
        message: `[User error] Failed to apply parameters to Pipeline default/p: parameter resolution failed: ${why}`,
      },
    });
  });

  const object: WireParamSpec = {
    name: 'o',
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'string' } },
  };
  test.each([
    [
      'a value that is missing',
      [string('a'), string('b')],
      [],
      'TaskRunValidationFailed',
      'missing values for these params which have no default values: [a b]',
    ],
    [
      'another type',
      [string('a')],
      [{ name: 'a', value: ['x'] }],
      'TaskRunValidationFailed',
      "param types don't match the user-specified type: [a]",
    ],
    [
      'a key that is missing',
      [object],
      [{ name: 'o', value: { a: 'x' } }],
      'TaskRunValidationFailed',
      "missing keys for these params which are required in ParamSpec's properties map[o:[b]]",
    ],
  ])('of a TaskRun: %s is refused with the words of Tekton', (_, specs, given, reason, message) => {
    expect(taskParamsRefused('t', specs, given)).toEqual({
      reason,
      message: `[User error] invalid input params for task t: ${message}`,
    });
  });

  test('of a TaskRun: values outside of an enum are refused, an empty one is not', () => {
    const specs = [{ ...string('a'), enum: ['x', 'y'] }];
    expect(taskParamsRefused('t', specs, [{ name: 'a', value: 'z' }])).toEqual({
      reason: 'InvalidParamValue',
      message: '[User error] param `a` value: z is not in the enum list',
    });
    expect(taskParamsRefused('t', specs, [{ name: 'a', value: '' }])).toBeUndefined();
  });

  test('of a TaskRun: a reference may stand where an array is wanted, and extra params are allowed', () => {
    const specs: WireParamSpec[] = [{ name: 'a', type: 'array' }];
    const given = [
      { name: 'a', value: '$(tasks.x.results.y[*])' },
      { name: 'more', value: 'x' },
    ];
    expect(taskParamsRefused('t', specs, given)).toBeUndefined();
    expect(extraParams({ params: specs }, given)).toEqual(['more']);
    expect(taskParamsRefused('t', specs, [], [{ name: 'a', value: 'x' }])?.message).toContain("don't match");
  });

  test.each([
    [
      'ParameterMissing',
      [string('a')],
      [],
      'PipelineRun n/r is missing some parameters required by Pipeline n/p: pipelineRun missing parameters: [a]',
    ],
    [
      'ParameterTypeMismatch',
      [string('a')],
      [{ name: 'a', value: ['x'] }],
      "PipelineRun n/r parameters have mismatching types with Pipeline n/p's parameters: parameters have inconsistent types : [a]",
    ],
    [
      'InvalidParamValue',
      [{ ...string('a'), enum: ['x'] }],
      [{ name: 'a', value: 'y' }],
      'PipelineRun n/r parameters have invalid value: param `a` value: y is not in the enum list',
    ],
    [
      'ObjectParameterMissKeys',
      [object],
      [{ name: 'o', value: { b: 'x' } }],
      "PipelineRun n/r parameters is missing object keys required by Pipeline n/p's parameters: pipelineRun missing object keys for parameters: map[o:[a]]",
    ],
  ])('of a PipelineRun: %s has the words of Tekton', (reason, specs, given, message) => {
    expect(pipelineParamsRefused({ name: 'r', namespace: 'n', pipeline: 'p' }, specs, given)).toEqual({
      reason,
      message: `[User error] ${message}`,
    });
  });

  test("of a Pipeline reach embedded specs; a task's own param of that name is seen instead", () => {
    const outer = paramVariables({ a: 'outer', b: 'outer', list: ['x'], o: { k: 'outer', rest: 'outer' } }, 'pipeline');
    const inner = propagated(outer, [
      { name: 'a', value: 'own' },
      { name: 'new', value: 'own' },
      { name: 'o', value: { k: 'own' } },
      { name: 'list', value: 'text' },
    ]);
    const text = '$(params.a) $(params["a"]) $(params.b) $(params.new) $(params.o.k) $(params.o.rest)';
    expect(substitute(text, inner)).toBe('own own outer $(params.new) own outer');
    expect(inner.get('params.list')).toEqual([]);
  });
});

describe('results of a Pipeline', () => {
  const result = (value: string) => [{ name: 'r', value }];
  const tasks = {
    ok: { status: 'Succeeded', results: { text: 'x', list: ['a', 'b'], object: { k: 'v' } } },
    failed: { status: 'Failed', results: {} },
    skipped: { status: 'None', results: {} },
  };

  test.each([
    ['$(tasks.ok.results.text)', 'x'],
    ['<$(tasks.ok.results.text)> $(tasks.ok.results.object.k)', '<x> v'],
    ['$(tasks.ok.results.list[*])', ['a', 'b']],
    ['$(tasks.ok.results.list[1])', 'b'],
    ['$(tasks.ok.results.object[*])', { k: 'v' }],
  ])('%s is what its tasks made', (value, expected) => {
    expect(pipelineResults(result(value), tasks)).toEqual({ results: [{ name: 'r', value: expected }], invalid: [] });
  });

  test.each(['$(tasks.failed.results.text)', '$(tasks.skipped.results.text)', '$(finally.skipped.results.text)'])(
    '%s of a task that did not succeed is left out without a mistake (#6139)',
    (value) => {
      expect(pipelineResults(result(value), tasks)).toEqual({ results: [], invalid: [] });
    },
  );

  test.each([
    '$(tasks.ok.results.none)',
    '$(tasks.ok.results.list[7])',
    '$(tasks.ok.results.object.none)',
    '$(tasks.nobody.results.r)',
    '$(params.x)',
  ])('%s is a mistake', (value) => {
    expect(pipelineResults(result(value), tasks)).toEqual({ results: [], invalid: ['r'] });
  });

  test('a value without references is no result: Tekton passes over it', () => {
    expect(pipelineResults(result('plain'), tasks)).toEqual({ results: [], invalid: [] });
  });
});
