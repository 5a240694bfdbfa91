import { expect, test } from 'vitest';
import { bindRuns, type TektonRun } from './tekton.js';

const run = (params: TektonRun['params']): TektonRun => ({
  octopipeline: 'tekton',
  kind: 'Task',
  name: 'scan',
  documents: undefined,
  files: [],
  params,
  workspaces: {},
  timeout: undefined,
  serviceAccount: undefined,
  results: undefined,
});

test('each param has an input of its own, or one with the same value', () => {
  const up = run({ 'a-b': '1', a_b: '2', 'a.b': '3', environment: 'eu', size: 'big' });
  const { inputs, runs } = bindRuns(
    { size: 'big', up_a_b: 'given' },
    { up, down: run({ 'a-b': '1', environment: 'eu' }) },
  );
  const valuesOf = (does: string) =>
    Object.fromEntries(Object.entries(runs[does]?.params ?? {}).map(([param, input]) => [param, inputs[input]]));
  expect(valuesOf('up')).toEqual({ 'a-b': '1', a_b: '2', 'a.b': '3', environment: 'eu', size: 'big' });
  expect(valuesOf('down')).toEqual({ 'a-b': '1', environment: 'eu' });
  expect(inputs).toMatchObject({ size: 'big', up_a_b: 'given' });
  expect(Object.keys(inputs)).not.toContain('environment');
});
