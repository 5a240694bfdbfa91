import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testContext } from '../../../test/op/test-context.js';
import { createFiller } from '../pipelines-as-code/templates.js';
import { readInput, readTexts } from './read-input.js';

let room: string;
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'read-input-'));
});
afterEach(() => rm(room, { recursive: true }));

const task =
  'apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: one}\nspec: {steps: [{image: bash, script: "true"}]}\n';
const read = async (...paths: readonly string[]) => {
  const { context } = testContext({ cwd: room });
  return readInput(context, paths, createFiller(context, undefined, new Map()));
};

it('refuses a pipe in a directory, for whose content it would wait', async () => {
  await writeFile(join(room, 'task.yaml'), task);
  execFileSync('mkfifo', [join(room, 'pipe.yaml')]);
  const refused = { kind: 'input', message: `cannot read ${join(room, 'pipe.yaml')}`, why: 'it is not a regular file' };
  await expect(read('.')).rejects.toMatchObject(refused);
  await expect(readTexts(room, ['.'])).rejects.toMatchObject(refused);
  expect((await read('task.yaml')).tasks.map(({ name }) => name)).toEqual(['one']);
});

it('reads a pipe that is named, as a shell gives it', async () => {
  const pipe = join(room, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const [documents] = await Promise.all([read(pipe), writeFile(pipe, task)]);
  expect(documents.tasks.map(({ name }) => name)).toEqual(['one']);
});
