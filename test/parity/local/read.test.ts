/** Tekton's own examples, read by local runs and by Tekton: the same objects, or refused with the path of a field. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readDocuments } from '../../../src/local/documents/read.js';
import { askTekton, whyNot } from '../tekton.js';
import { readExamples } from './examples.js';

const missing = await whyNot();
const kinds = ['Task', 'Pipeline', 'TaskRun', 'PipelineRun', 'StepAction'];

/** Without what Go leaves out or writes for nothing: empty texts and objects. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const rest = Object.entries(value)
    .map(([key, item]): [string, unknown] => [key, bare(item)])
    .filter(([, item]) => !(item === '' || item === null || item === false || JSON.stringify(item) === '{}'));
  return Object.fromEntries(rest);
}

/** The specs of a file as Tekton stores them. */
async function stored(text: string): Promise<unknown[]> {
  const objects = parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as { apiVersion?: string; kind?: string } | null)
    .filter((object) => object?.apiVersion?.startsWith('tekton.dev/') && kinds.includes(object.kind ?? ''));
  if (objects.length === 0) return [];
  const answers = await askTekton(objects.map((object) => ({ do: 'object', object })));
  return answers.map(({ answer, error }) => bare((answer as { spec?: unknown } | undefined)?.spec ?? error));
}

function read(text: string, source = 'x.yaml') {
  const { tasks, pipelines, stepActions, runs, ...rest } = readDocuments([{ source, text }]);
  return { ...rest, specs: [...tasks, ...pipelines, ...stepActions, ...runs].map(({ spec }) => bare(spec)) };
}

/** Both lists without what is in the other one. */
function differences(ours: readonly unknown[], theirs: readonly unknown[]) {
  const without = (list: readonly unknown[], other: readonly unknown[]) =>
    list.filter((one) => !other.some((two) => isDeepStrictEqual(one, two)));
  return { ours: without(ours, theirs), theirs: without(theirs, ours) };
}

describe.skipIf(missing !== undefined && process.env.CI === undefined)(
  `reading YAML as Tekton does${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    test("of Tekton's 152 examples gives what Tekton stores, or a problem with the path of a field", async () => {
      const refused: string[] = [];
      const examples = await readExamples();
      expect(examples).toHaveLength(152);
      for (const { source, text } of examples) {
        const { specs, problems } = read(text, source);
        if (problems.length === 0) {
          const { ours, theirs } = differences(specs, await stored(text));
          // Its volumes are in a podTemplate, and local runs take them as the Task's.
          if (source === 'taskruns/template-volume.yaml')
            expect(ours).toMatchObject([{ taskSpec: { volumes: [{ name: 'custom' }] } }]);
          else expect.soft({ ours, theirs }, source).toEqual({ ours: [], theirs: [] });
        } else {
          expect
            .soft(
              problems.filter(({ path, at }) => !/ > spec/.test(path) || at === undefined),
              source,
            )
            .toEqual([]);
          refused.push(source);
        }
      }
      await expect(`${refused.join('\n')}\n`).toMatchFileSnapshot('refused-examples.txt');
    }, 300_000);

    test('never fails for an object that lacks a field, has null, or has something else there', async () => {
      for (const { source, text } of await readExamples()) {
        for (const document of parseAllDocuments(text, { version: '1.1' })) {
          const object = JSON.stringify(document.toJS());
          const fields = new Set(object.match(/"[A-Za-z]+":/gu) ?? []);
          for (const field of fields) {
            for (const other of [
              '"gone":',
              `${field}null,"gone":`,
              `${field}[],"gone":`,
              `${field}{},"gone":`,
              `${field}"$(","gone":`,
            ]) {
              const changed = object.replaceAll(field, other);
              expect(() => readDocuments([{ source, text: changed }]), `${source} ${changed}`).not.toThrow();
            }
          }
        }
      }
    }, 300_000);

    test.each([
      [
        'a Task with what v1 calls otherwise',
        `kind: Task
metadata: { name: a }
spec:
  params: [{ name: a, default: [x] }, { name: o, properties: { k: {} } }, { name: q, default: 1.50 }]
  results: [{ name: r }]
  stepTemplate: { resources: { limits: { cpu: 1 } }, env: [{ name: A, value: b }] }
  steps: [{ image: i, resources: { requests: { memory: 64Mi } }, timeout: 90s, script: x }]
  sidecars: [{ name: s, image: i, resources: {} }]`,
      ],
      [
        'a Pipeline with embedded Tasks',
        `kind: Pipeline
metadata: { name: a }
spec:
  params: [{ name: a }]
  tasks:
    - { name: t, taskRef: { name: x }, matrix: { params: [{ name: p, value: [a, b] }] }, when: [{ input: a, operator: in, values: [a] }] }
    - { name: u, taskSpec: { metadata: { labels: { a: b } }, params: [{ name: q, default: x }], steps: [{ image: i, resources: { limits: { cpu: 100m } } }] } }
  finally: [{ name: f, taskRef: { resolver: git, params: [{ name: url, value: x }] } }]
  results: [{ name: r, value: '$(tasks.t.results.x[*])' }]`,
      ],
      [
        'a TaskRun with overrides',
        `kind: TaskRun
metadata: { name: a }
spec:
  taskRef: { name: t }
  stepOverrides: [{ name: s, resources: { limits: { cpu: 2 } } }]
  sidecarOverrides: [{ name: s, resources: { limits: { cpu: 2 } } }]
  timeout: 1.5h
  params: [{ name: a, value: 3 }, { name: b, value: [1, 2] }, { name: c, value: { k: true } }, { name: d, value: yes }]`,
      ],
      [
        'a PipelineRun with its timeout, account and podTemplate at the old places',
        `kind: PipelineRun
metadata: { name: a }
spec:
  pipelineRef: { name: p }
  timeout: 10m
  serviceAccountName: robot
  podTemplate: { nodeSelector: { a: b } }
  workspaces: [{ name: w, emptyDir: {} }]
  taskRunSpecs:
    - pipelineTaskName: t
      taskServiceAccountName: other
      taskPodTemplate: { schedulerName: x }
      stepOverrides: [{ name: s, resources: { limits: { cpu: 2 } } }]`,
      ],
      [
        'a PipelineRun with timeouts',
        `kind: PipelineRun
metadata: { name: a }
spec: { pipelineSpec: { tasks: [{ name: t, taskSpec: { steps: [{ image: i, resources: {} }] } }] }, timeouts: { tasks: 1m } }`,
      ],
    ])('converts v1beta1: %s', async (_, yaml) => {
      const text = `apiVersion: tekton.dev/v1beta1\n${yaml}`;
      const { specs, problems } = read(text);
      expect(problems).toEqual([]);
      expect(differences(specs, await stored(text))).toEqual({ ours: [], theirs: [] });
    });
  },
);
