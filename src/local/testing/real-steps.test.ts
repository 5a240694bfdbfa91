import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pipelineRunOf } from '../../../test/local/local-run.js';
import { runPipeline } from '../../testing.js';

test('a step without a fake runs, beside steps that are faked, with the same workspace', async () => {
  const yaml = pipelineRunOf(
    {
      write: {
        script: 'cat $(workspaces.w.path)/given; echo real > $(workspaces.w.path)/f; printf 1 > $(results.n.path)',
        results: { n: 'string' },
      },
      use: { script: 'exit 1', params: { n: '$(tasks.write.results.n)' }, more: { runAfter: ['write'] } },
      read: { script: 'cat $(workspaces.w.path)/f', more: { runAfter: ['use'] } },
    },
    {},
    { workspaces: [{ name: 'w' }] },
  );
  let seen = '';
  const run = await runPipeline(`${yaml}\n`, {
    workspaces: { w: { files: { given: 'by the test' } } },
    steps: {
      'use/main': async ({ params, workspaces }) => {
        seen = `${params.n} ${Object.keys(workspaces)}`;
      },
    },
  });
  expect(run.errors).toEqual([]);
  expect(seen).toBe('1 ');
  expect(run.log('write')).toBe('by the test');
  expect(run.log('read')).toBe('real');
});

test('a directory is copied for the run, and stays as it is', async () => {
  const yaml = pipelineRunOf(
    { wipe: { script: 'cat $(workspaces.w.path)/real-steps.test.ts | head -n 1; rm $(workspaces.w.path)/*.ts' } },
    {},
    { workspaces: [{ name: 'w' }] },
  );
  const run = await runPipeline(`${yaml}\n`, { cwd: import.meta.dirname, workspaces: { w: '.' } });
  expect(run.log()).toBe("import { readFile } from 'node:fs/promises';");
  expect(await readFile(join(import.meta.dirname, 'real-steps.test.ts'), 'utf8')).toContain('stays as it is');
});
