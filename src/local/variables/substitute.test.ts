import { describe, expect, test } from 'vitest';
import type { WireValue } from '../../tekton/wire/task.js';
import {
  contextVariables,
  joinVariables,
  stepResultPaths,
  stepResultVariables,
  taskResultVariables,
  taskStatusVariables,
  taskVariables,
} from './names.js';
import { paramVariables, substitute, substituteAll, substituteList, substituteValue } from './substitute.js';

const variables = paramVariables({ a: 'x', b: '$(params.a)', list: ['1', '2'], none: [], o: { k: 'v' } });

describe('substitution', () => {
  test.each([
    ['every notation of a param', `$(params.a)$(params["a"])$(params['a'])$(inputs.params.a)`, 'xxxx'],
    ['an item of an array and a key of an object', '$(params.list[1]) $(params["list"][0]) $(params.o.k)', '2 1 v'],
    ['no value a second time', '$(params.b)', '$(params.a)'],
    ['nothing that is not known', '$(params.c) $(date) $(params.list[7])', '$(params.c) $(date) $(params.list[7])'],
    ['no expression: what a server would refuse stays text', "$(params.a ? 'x' : 'y')", "$(params.a ? 'x' : 'y')"],
    ['$$ as what it is: Tekton has no escape', '$$(params.a) $$', '$x $$'],
    ['a variable inside what is no variable', '$($(params.a)) $(params.$(params.a))', '$(x) $(params.x)'],
    ['no whole array or object in a text', '-$(params.list[*]) $(params.o[*])', '-$(params.list[*]) $(params.o[*])'],
  ])('replaces %s', (_, text, expected) => {
    expect(substitute(text, variables)).toBe(expected);
  });

  test('takes values as they are, whatever a replacing function would make of them', () => {
    const odd = "$& $1 $` $' \\ \n";
    expect(substitute('<$(params.a)>', paramVariables({ a: odd }))).toBe(`<${odd}>`);
  });

  test('expands an array that stands alone in a list, and an empty one to nothing', () => {
    expect(
      substituteList(['a', '$(params.list[*])', '$(params.none[*])', '$(params.list)', '-$(params.a)'], variables),
    ).toEqual(['a', '1', '2', '1', '2', '-x']);
  });

  test('gives a param the type of what it refers to', () => {
    const values: WireValue[] = [
      '$(params.list[*])',
      '$(params.o[*])',
      '$(params.a)',
      '$(params.list[*]) ',
      ['$(params.list[*])'],
    ];
    expect(values.map((value) => substituteValue(value, variables))).toEqual([
      ['1', '2'],
      { k: 'v' },
      'x',
      '$(params.list[*]) ',
      ['1', '2'],
    ]);
  });

  test('reaches every text of an object, and no name of a field', () => {
    const value = { '$(params.a)': [{ b: '$(params.a)' }, 1, null, true], args: ['$(params.list[*])'] };
    expect(substituteAll(value, variables)).toEqual({ '$(params.a)': [{ b: 'x' }, 1, null, true], args: ['1', '2'] });
  });

  test('takes time in proportion to a text of 1 MB that is full of openings', () => {
    for (const part of ['$(a', '$(a))', '$(params.c)']) {
      const text = `${part.repeat(1_000_000 / part.length)})`;
      const start = performance.now();
      expect(substitute(text, variables)).toBe(text);
      expect(performance.now() - start).toBeLessThan(1500);
    }
  });
});

describe('variables', () => {
  test('of contexts are there for what is known', () => {
    const run = { name: 'r', namespace: 'n', uid: 'u' };
    const all = contextVariables({
      task: { name: 't', retryCount: 2 },
      taskRun: run,
      pipeline: { name: 'p' },
      pipelineRun: run,
      pipelineTask: { retries: 3 },
    });
    expect(Object.fromEntries(all)).toEqual({
      'context.task.name': 't',
      'context.task.retry-count': '2',
      'context.taskRun.name': 'r',
      'context.taskRun.namespace': 'n',
      'context.taskRun.uid': 'u',
      'context.pipeline.name': 'p',
      'context.pipelineRun.name': 'r',
      'context.pipelineRun.namespace': 'n',
      'context.pipelineRun.uid': 'u',
      'context.pipelineTask.retries': '3',
    });
    expect(substitute('$(context.pipeline.name)', contextVariables({ taskRun: run }))).toBe('$(context.pipeline.name)');
  });

  test('of a Task say where its parts are, and that an optional workspace is not bound', () => {
    const task = taskVariables({
      workspaces: { src: { path: '/workspace/src', claim: 'pvc', volume: 'ws-1' }, cache: { path: undefined } },
      results: ['digest'],
      steps: ['build'],
      directories: { results: '/tekton/results', steps: '/tekton/steps', credentials: '/tekton/creds' },
    });
    const text = `$(workspaces.src.path) $(workspaces.src.bound) $(workspaces.src.claim) $(workspaces.src.volume)
$(workspaces.cache.path)|$(workspaces.cache.bound)|$(workspaces.cache.claim)
$(results.digest.path) $(results["digest"].path) $(results['digest'].path)
$(steps.build.exitCode.path) $(credentials.path)`;
    expect(substitute(text, task)).toBe(`/workspace/src true pvc ws-1
|false|
/tekton/results/digest /tekton/results/digest /tekton/results/digest
/tekton/steps/build/exitCode /tekton/creds`);
  });

  test('of results: whole, by index, by key, and as paths', () => {
    const results = joinVariables(
      taskResultVariables({ build: { digest: 'sha', images: ['a', 'b'], o: { k: 'v' } } }),
      stepResultVariables({ one: { r: 'x' } }),
      stepResultPaths('two', ['out'], '/tekton/steps'),
      taskStatusVariables({ build: { status: 'Succeeded', reason: 'Completed' } }, 'Failed'),
    );
    const text = `$(tasks.build.results.digest) $(tasks.build.results["digest"]) $(tasks.build.results.images[1])
$(tasks.build.results.o.k) $(steps.one.results.r) $(step.results.out.path)
$(tasks.build.status) $(tasks.build.reason) $(tasks.status)`;
    expect(substitute(text, results)).toBe(`sha sha b\nv x /tekton/steps/two/results/out\nSucceeded Completed Failed`);
    expect(substituteList(['$(tasks.build.results.images[*])'], results)).toEqual(['a', 'b']);
  });
});
