import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseResultPaths, writeResults } from './results.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'results-test-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

test('NAME=PATH; the path may contain an equals sign', () => {
  expect(parseResultPaths(['commit=/tekton/results/commit', 'url=/a=b'], ['commit', 'url'])).toEqual({
    commit: '/tekton/results/commit',
    url: '/a=b',
  });
});

test.each(['commit', 'commit=', '=x', 'nope=/x', '', '__proto__=/x'])(
  '%j is refused, with the outputs that there are',
  (value) => {
    expect(() => parseResultPaths([value], ['commit', 'url'])).toThrow(
      expect.objectContaining({ kind: 'usage', hint: 'use one of the outputs commit, url' }),
    );
  },
);

test('a name that the command does not have is refused for that reason', () => {
  expect(() => parseResultPaths(['nope=/x'], ['commit'])).toThrow(
    expect.objectContaining({ why: 'the command has no output "nope"' }),
  );
});

test('values are written byte for byte, without a line break, and folders are created', async () => {
  const path = join(room, 'deep/er/url');
  expect(await writeResults({ url: path }, { url: 'https://example.com/ü', commit: 'not asked for' })).toBeUndefined();
  expect(await readFile(path, 'utf8')).toBe('https://example.com/ü');
  expect(await readdir(join(room, 'deep/er'))).toEqual(['url']);
});

test('a path that is not writable is an input error that names the output', async () => {
  await expect(writeResults({ url: room }, { url: 'x' })).rejects.toMatchObject({
    kind: 'input',
    message: `cannot write the output url to ${room}`,
  });
});

test.each([
  ['tekton/results', 'a container of 6 in a pod can hand on 2048'],
  ['elsewhere', undefined],
])('results in %s that are too large for a pod are written, with the warning %j', async (folder, warning) => {
  const path = join(room, folder, 'IMAGES');
  const said = await writeResults({ IMAGES: path }, { IMAGES: 'x'.repeat(3000) });
  expect(said?.includes(warning ?? '')).toBe(warning === undefined ? undefined : true);
  expect(await readFile(path, 'utf8')).toHaveLength(3000);
});

test.each([
  ['tekton/steps/x/results', 5000, ''],
  ['elsewhere', 5000, undefined],
  ['tekton/steps/x/results', 3000, undefined],
])(
  'results in %s with a list of %i bytes, which would fail the step, have %j instead',
  async (folder, bytes, instead) => {
    const list = 'x'.repeat(bytes);
    const paths = { DIGEST: join(room, folder, 'DIGEST'), PROMOTED: join(room, folder, 'PROMOTED') };
    const said = await writeResults(paths, { DIGEST: 'sha256:0', PROMOTED: list, OTHER: 'not asked for'.repeat(1000) });
    expect(said?.startsWith('PROMOTED is empty: ') ?? false).toBe(instead !== undefined);
    expect(await readFile(paths.DIGEST, 'utf8')).toBe('sha256:0');
    expect(await readFile(paths.PROMOTED, 'utf8')).toBe(instead ?? list);
  },
);
