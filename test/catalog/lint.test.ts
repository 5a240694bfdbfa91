import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = mkdtempSync(join(tmpdir(), 'tekton-lint-'));

afterAll(() => rmSync(cache, { recursive: true }));

interface Problem {
  readonly level: 'error' | 'warning';
  readonly rule: string;
  readonly message: string;
  readonly path: string;
}

/** Runs the linter as its own command does, with all its rules at their defaults; its mandatory cache is a temporary folder. */
async function lint(...globs: string[]): Promise<Problem[]> {
  const { stdout } = await execa('node_modules/.bin/tekton-lint', ['--format', 'json', ...globs], {
    cwd: root,
    env: { TL_CACHE_DIR: cache },
    reject: false,
    stdin: 'ignore',
  });
  return JSON.parse(stdout) as Problem[];
}

test('tekton-lint finds nothing in dist/', async () => {
  expect(await lint('dist/*.yaml')).toEqual([]);
}, 60_000);

test('tekton-lint does catch a bad Pipeline', async () => {
  const rules = (await lint('test/catalog/fixtures/bad-pipeline.yaml')).map(({ rule }) => rule);
  expect(rules).toEqual(expect.arrayContaining(['no-missing-param', 'no-undefined-volume']));
}, 60_000);
