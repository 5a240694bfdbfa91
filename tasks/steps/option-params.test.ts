import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { option } from '../../src/op/kit/options/option.js';
import { task, text, toTask, workspace } from '../../src/tekton/index.js';
import { optionParams } from './option-params.js';

const options = {
  url: option.text('repository to clone', { required: { why: 'it is missing', hint: 'give one' } }),
  revision: option.text('branch or tag', { otherwise: 'the default branch' }),
  directory: option.text('where to', { default: '.' }),
  submodules: option.flag('fetch submodules too', { default: true }),
  engine: option.choice('build engine', ['auto', 'pack', 'buildkit'], { default: 'auto' }),
  platform: option.list('platforms to build for', { otherwise: 'all' }),
  jobs: option.count('images to build in parallel', { default: 4 }),
  timeout: option.duration('time limit', { default: '10m' }),
};

const clone = optionParams(options, {
  'clone-timeout': { option: 'timeout', default: '20m' },
  url: 'url',
  revision: 'revision',
  submodules: 'submodules',
  engine: { option: 'engine', words: ['auto', 'buildkit'] },
  platforms: 'platform',
  jobs: { option: 'jobs', default: '' },
});

const built = task('clone', {
  params: clone.params,
  workspaces: { source: workspace() },
  steps: ({ params, workspaces }) => [
    {
      name: 'clone',
      image: 'registry.example.com/op:1@sha256:0000000000000000000000000000000000000000000000000000000000000000',
      command: ['op'],
      args: ['git-clone', ...clone.flags(params, { directory: text`${workspaces.source.path}/source` })],
    },
  ],
});

test('params have the type, the default and the sentence of their options', () => {
  const { spec } = toTask(built);
  expect(spec.params).toEqual([
    {
      name: 'clone-timeout',
      type: 'string',
      description: 'Time limit. A duration such as 90s, 10m or 1h30m.',
      default: '20m',
    },
    { name: 'url', type: 'string', description: 'Repository to clone' },
    { name: 'revision', type: 'string', description: 'Branch or tag (default: the default branch)', default: '' },
    { name: 'submodules', type: 'string', description: 'Fetch submodules too. One of true, false.', default: 'true' },
    { name: 'engine', type: 'string', description: 'Build engine. One of auto, buildkit.', default: 'auto' },
    {
      name: 'platforms',
      type: 'string',
      description: 'Platforms to build for (comma-separated; default: all)',
      default: '',
    },
    { name: 'jobs', type: 'string', description: 'Images to build in parallel (default: 4)', default: '' },
  ]);
});

test('flags have the order of the options', () => {
  const { spec } = toTask(built);
  expect(spec.steps?.[0]?.args).toEqual([
    'git-clone',
    '--url=$(params.url)',
    '--revision=$(params.revision)',
    '--directory=$(workspaces.source.path)/source',
    '--submodules=$(params.submodules)',
    '--engine=$(params.engine)',
    '--platform=$(params.platforms)',
    '--jobs=$(params.jobs)',
    '--timeout=$(params.clone-timeout)',
  ]);
});

test('what op does not have does not compile', () => {
  const mistakes = [
    // @ts-expect-error no option has this name
    () => optionParams(options, { revision: 'reversion' }),
    // @ts-expect-error nor this one
    () => optionParams(options, { revision: { option: 'reversion' } }),
    // @ts-expect-error the default of a flag is true or false
    () => optionParams(options, { submodules: { option: 'submodules', default: 'yes' } }),
    // @ts-expect-error the default of a duration has a unit
    () => optionParams(options, { timeout: { option: 'timeout', default: '20' } }),
    // @ts-expect-error the option does not allow this word
    () => optionParams(options, { engine: { option: 'engine', words: ['auto', 'docker'] } }),
    // @ts-expect-error a Task has to pass every param
    () => clone.flags({}),
  ];
  expect(mistakes).toHaveLength(6);
});

/** The packages that a file loads by way of `src/op`, with the file that names them. */
function packagesOf(file: string, seen: Set<string>): readonly string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const imports = [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)'/gmu)];
  return imports.flatMap(([, name = '']) => {
    if (!name.startsWith('.')) return file.includes('/src/op/') ? [`${relative('.', file)}: ${name}`] : [];
    const path = join(dirname(file), name).replace(/\.js$/u, '.ts');
    return existsSync(path) && path.endsWith('.ts') ? packagesOf(path, seen) : [];
  });
}

test('the lists of options load no package: the published library has them', () => {
  const root = join(import.meta.dirname, '..');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const seen = new Set<string>();
  const found = files
    .filter((name) => !name.endsWith('.test.ts'))
    .flatMap((name) => packagesOf(join(root, name), seen));
  expect(found).toEqual([]);
  expect([...seen].some((file) => file.endsWith('/src/op/images/plan/options.ts'))).toBe(true);
});
