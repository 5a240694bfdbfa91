import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { validateWithTekton, whyNot } from './tekton.js';

const missing = await whyNot();
const folder = mkdtempSync(join(tmpdir(), 'parity-'));
afterAll(() => rmSync(folder, { recursive: true }));

const right =
  'apiVersion: tekton.dev/v1\nkind: Task\nmetadata: { name: a }\nspec: { steps: [{ image: b, command: [c] }] }\n';
const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';

describe.skipIf(missing !== undefined && process.env.CI === undefined)(
  `asking Tekton about YAML${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    test('counts documents, and passes over empty ones and other kinds of object', async () => {
      const verdicts = await validateWithTekton(`# a comment\n---\n${configMap}---\n${right}`);
      expect(verdicts).toEqual([{ file: '-', index: 2, kind: 'Task', name: 'a', ok: true, errors: [] }]);
    });

    test('reads files, and folders at any depth', async () => {
      writeFileSync(join(folder, 'right.yaml'), right);
      writeFileSync(join(folder, 'wrong.yml'), right.replace('image: b', 'img: b'));
      writeFileSync(join(folder, 'not.txt'), 'kind: [');
      const verdicts = await validateWithTekton([folder]);
      expect(verdicts.map(({ file, ok }) => [file, ok])).toEqual([
        [join(folder, 'right.yaml'), true],
        [join(folder, 'wrong.yml'), false],
      ]);
    });

    test.each([
      ['a key written twice', right.replace('kind: Task', 'kind: Task\nkind: Task'), 'already set in map'],
      ['text that is no YAML', 'kind: [', 'not YAML'],
      [
        'a kind that Tekton does not serve',
        right.replace('kind: Task', 'kind: ClusterTask'),
        'serves no tekton.dev/v1 ClusterTask',
      ],
      [
        'a version that Tekton does not serve',
        right.replace('tekton.dev/v1', 'tekton.dev/v2'),
        'serves no tekton.dev/v2 Task',
      ],
      ['a field that Tekton does not know', right.replace('command:', 'comand:'), 'unknown field "comand"'],
    ])('refuses %s', async (_, yaml, message) => {
      const [verdict] = await validateWithTekton(yaml);
      expect(verdict?.ok).toBe(false);
      expect(verdict?.errors.join()).toContain(message);
    });

    test('knows that the API server completes generateName before Tekton looks', async () => {
      const run =
        'apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: { generateName: a- }\nspec: { taskRef: { name: b } }\n';
      expect((await validateWithTekton(run)).map(({ ok }) => ok)).toEqual([true]);
    });

    test('says all errors of a document, not the first', async () => {
      const [verdict] = await validateWithTekton(
        right.replace('{ image: b, command: [c] }', '{ command: [c] }, { name: A, image: b }'),
      );
      expect(verdict?.errors).toHaveLength(2);
    });

    test('fails for a file that is not there', async () => {
      await expect(validateWithTekton([join(folder, 'nothing.yaml')])).rejects.toThrow('no such file');
    });
  },
);
