import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fake, runPipeline } from 'octopipeline/testing';
import { expect, test } from 'vitest';

/** Runs the Pipeline of release.yaml for a branch. Each test says only what is different in it. */
const release = (branch: string, steps: Readonly<Record<string, Fake>> = {}) =>
  runPipeline('examples/testing/release.yaml', {
    params: { branch },
    workspaces: { source: { files: { 'package.json': '{ "name": "shop" }' } } },
    steps: { 'test/test': { results: { coverage: '87' }, output: '12 tests passed' }, ...steps },
    images: { 'registry.example.com/deployer': {}, 'registry.example.com/chat': {} },
  });

test('a commit of main is tested, then deployed, and the team is told', async () => {
  const run = await release('main');
  expect(run.succeeded).toBe(true);
  expect(run.order).toEqual(['test', 'deploy', 'tell']);
  expect(run.results).toEqual({ coverage: '87' });
  expect(run.task('tell').params).toEqual({ text: 'deploy: Succeeded' });
});

test('another branch is not deployed', async () => {
  const run = await release('fix');
  expect(run.succeeded).toBe(true);
  expect(run.skipped).toEqual({ deploy: 'When Expressions evaluated to false' });
  expect(run.task('tell').params).toEqual({ text: 'deploy: None' });
});

test('nothing is deployed when a test fails', async () => {
  const run = await release('main', { 'test/test': { exitCode: 1, output: '1 test failed' } });
  expect(run.errors).toEqual(['test: "step-test" exited with code 1: Error']);
  expect(run.skipped).toEqual({ deploy: 'PipelineRun was stopping' });
  expect(run.log('test/test')).toBe('1 test failed');
});

test('the tests see the files of the workspace', async () => {
  const run = await release('main', {
    'test/test': async ({ workspaces: { source = '' } }) => {
      const { name } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
      return { output: `tests of ${name}`, results: { coverage: '87' } };
    },
  });
  expect(run.log('test')).toBe('tests of shop');
});
