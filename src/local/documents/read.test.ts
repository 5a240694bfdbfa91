import { describe, expect, test } from 'vitest';
import { readDocuments } from './read.js';

const task = (spec: string, rest = '') =>
  `apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\n${rest}spec:\n  ${spec}`;
const read = (...texts: string[]) => readDocuments(texts.map((text, index) => ({ source: `${index}.yaml`, text })));
const said = (text: string) => read(text).problems.map(({ path, what, at }) => `${at} ${path}: ${what}`);
const step = 'steps: [{image: i, script: x}]';

describe('reading documents', () => {
  test("sorts several documents and lists by kind, and keeps what is not Tekton's", () => {
    const { tasks, pipelines, runs, stepActions, others, problems, notes } = read(
      `# nothing\n---\n${task(step)}\n---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n`,
      `apiVersion: v1
kind: List
items:
  - {apiVersion: tekton.dev/v1, kind: Pipeline, metadata: {name: p}, spec: {tasks: [{name: a, taskRef: {name: t}}]}}
  - {apiVersion: tekton.dev/v1, kind: PipelineRun, metadata: {generateName: p-}, spec: {pipelineRef: {name: p}}}
  - {apiVersion: tekton.dev/v1beta1, kind: StepAction, metadata: {name: s}, spec: {image: i, script: x}}
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {}}`,
    );
    expect(problems).toEqual([]);
    expect(tasks).toEqual([{ name: 't', spec: { steps: [{ image: 'i', script: 'x' }] }, source: '0.yaml' }]);
    expect(pipelines[0]?.spec.tasks[0]?.taskRef).toEqual({ name: 't', kind: 'Task' });
    expect(runs[0]?.metadata).toEqual({ generateName: 'p-' });
    expect(stepActions[0]?.name).toBe('s');
    expect(others.map(({ kind, name }) => `${kind}/${name}`)).toEqual(['ConfigMap/c', 'Deployment/d']);
    expect(notes).toEqual([
      {
        path: 'Deployment/d',
        what: 'Deployment is for clusters, and has no effect on this machine',
        hint: '',
        at: '1.yaml:7',
      },
    ]);
  });

  test.each([
    [
      'a field that nobody knows',
      task('steps: [{image: i, comand: [x]}]'),
      '0.yaml:5 Task/t > spec.steps[0].comand: is a field that Tekton v1.15 does not know',
    ],
    [
      'one deep inside',
      task(
        'steps:\n  - image: i\n    env:\n      - name: A\n        valueFrom:\n          secretKeyRef:\n            name: s\n            key: k\n            version: 3',
      ),
      '0.yaml:13 Task/t > spec.steps[0].env[0].valueFrom.secretKeyRef.version: is a field that Tekton v1.15 does not know',
    ],
    [
      'the wrong type',
      task('steps: [{image: i, script: 3}]'),
      '0.yaml:5 Task/t > spec.steps[0].script: is the number 3, where Tekton wants a text (quote it)',
    ],
    [
      'an object for a list',
      task('steps: {image: i}'),
      '0.yaml:5 Task/t > spec.steps: is an object, where Tekton wants a list',
    ],
    [
      'what is no duration',
      task('steps: [{image: i, timeout: 5 minutes}]'),
      '0.yaml:5 Task/t > spec.steps[0].timeout: is a text, where Tekton wants a duration such as 1h30m',
    ],
    [
      'files of this machine',
      task(`volumes: [{name: d, hostPath: {path: /var/run/docker.sock}}]\n  ${step}`),
      '0.yaml:5 Task/t > spec.volumes[0].hostPath: hostPath would give the step files of this machine',
    ],
    [
      'a privileged container',
      task('steps: [{image: i, securityContext: {privileged: true}}]'),
      '0.yaml:5 Task/t > spec.steps[0].securityContext.privileged: a privileged container cannot be run on this machine',
    ],
    [
      'an alpha feature',
      task('steps: [{image: i, stdoutConfig: {path: x}}]'),
      '0.yaml:5 Task/t > spec.steps[0].stdoutConfig: stdoutConfig is an alpha feature, which a default Tekton refuses',
    ],
    [
      'PipelineResources',
      task(`resources: {inputs: [{name: a, type: git}]}\n  ${step}`).replace('/v1', '/v1beta1'),
      '0.yaml:5 Task/t > spec.resources: PipelineResources were removed from Tekton in v0.44',
    ],
    [
      'a bundle of old',
      'apiVersion: tekton.dev/v1beta1\nkind: TaskRun\nmetadata: {name: r}\nspec: {taskRef: {name: t, bundle: x}}',
      '0.yaml:4 TaskRun/r > spec.taskRef.bundle: bundle is no longer allowed in Tekton',
    ],
    [
      'a custom task',
      'apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec: {tasks: [{name: w, taskRef: {apiVersion: example.dev/v1, kind: Wait, name: x}}]}',
      '0.yaml:4 Pipeline/p > spec.tasks[0].taskRef.apiVersion: custom tasks need their controller',
    ],
    [
      'a kind that was removed',
      'apiVersion: tekton.dev/v1beta1\nkind: ClusterTask\nmetadata: {name: c}\nspec: {}',
      '0.yaml:1 ClusterTask/c: tekton.dev/v1beta1 ClusterTask cannot be run on this machine',
    ],
    ['a key twice', task(`${step}\n  steps: []`), '0.yaml:6 0.yaml: Map keys must be unique'],
    [
      'a template that nobody has filled in',
      '- {{ url }}',
      '0.yaml:1 0.yaml: an object is the key of another, as in {{ template }}',
    ],
    ['what is no object', '- a', '0.yaml:1 0.yaml: is no Kubernetes object'],
    ['what has no name', task(step).replace('{name: t}', '{}'), '0.yaml:1 Task/: has no name'],
  ])('refuses %s, with its path and line', (_, text, expected) => {
    expect(said(text)).toEqual([expected]);
  });

  test('takes volumes of a podTemplate as those of an embedded Task, and refuses them where the Task is elsewhere', () => {
    const run = (task: string) =>
      `apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: r}\nspec: {${task}, podTemplate: {volumes: [{name: v, emptyDir: {}}]}}`;
    expect(read(run(`taskSpec: {${step}}`)).runs[0]?.spec).toMatchObject({
      taskSpec: { volumes: [{ name: 'v', emptyDir: {} }] },
    });
    expect(said(run('taskRef: {name: t}'))).toEqual([
      '0.yaml:4 TaskRun/r > spec.podTemplate.volumes: these volumes are not mounted here',
    ]);
  });

  test('says what was meant by a field with a typing error', () => {
    expect(read(task('steps: [{image: i, comand: [x]}]')).problems[0]?.hint).toBe('did you mean command?');
  });

  test('says what has no effect here, once for each field, and goes on', () => {
    const { problems, notes, tasks } = read(
      task('steps: [{image: i, script: x, computeResources: {limits: {cpu: 1}}, imagePullPolicy: Always}]'),
    );
    expect(problems).toEqual([]);
    expect(tasks[0]?.spec.steps[0]?.computeResources).toEqual({ limits: { cpu: '1' } });
    expect(notes.map(({ path, what }) => `${path}: ${what}`)).toEqual([
      'Task/t > spec.steps[0].computeResources: computeResources has no effect on this machine',
      'Task/t > spec.steps[0].imagePullPolicy: imagePullPolicy has no effect on this machine',
    ]);
  });

  test('reads values of params as Tekton does: numbers and mixed lists are texts, a list of texts is an array', () => {
    const values =
      '[{name: a, value: 1.50}, {name: b, value: true}, {name: c, value: [1, 2]}, {name: d, value: [x]}, {name: e, value: {k: v}}, {name: f, value: {k: 1}}, {name: g, value: 12345678901234567890}, {name: h, value: null}]';
    const { runs } = read(
      `apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: r}\nspec: {taskRef: {name: t}, params: ${values}}`,
    );
    expect(runs[0]?.spec.params?.map(({ value }) => value)).toEqual([
      '1.5',
      'true',
      '[1,2]',
      ['x'],
      { k: 'v' },
      '{"k":1}',
      '12345678901234567890',
      '',
    ]);
  });

  test('names both files when an object is there twice', () => {
    expect(read(task(step), task(step)).problems).toEqual([
      { path: 'Task/t', what: 'is in 0.yaml and again in 1.yaml', hint: 'leave one of them out', at: '1.yaml' },
    ]);
  });

  const run = (spec: string, name = 'name: r') =>
    `apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {${name}}\nspec: {taskSpec: {steps: [{image: i, script: x}]}, ${spec}}`;
  const object = (kind: string, rest: string) => `apiVersion: v1\nkind: ${kind}\n${rest}`;
  const volume = (rest: string) => task(`${step}\n  volumes: [${rest}]`);

  test.each([
    ['a key', object('ConfigMap', 'metadata: {name: c}\ndata: {../../x: y}'), 'data: the key "../../x"'],
    ['a key of a Secret', object('Secret', 'metadata: {name: s}\nstringData: {..: y}'), 'stringData: the key ".."'],
    ['an object', object('Secret', 'metadata: {name: ..}'), 'metadata.name: the name ".."'],
    [
      'an item',
      volume('{name: v, configMap: {name: c, items: [{key: k, path: ../x}]}}'),
      '.configMap.items[0].path: "../x"',
    ],
    [
      'a projected item',
      volume('{name: v, projected: {sources: [{secret: {name: s, items: [{key: k, path: /x}]}}]}}'),
      '.projected.sources[0].secret.items[0].path: "/x"',
    ],
    ['a volume', volume('{name: ../../x, emptyDir: {}}'), 'spec.volumes[0].name: the name "../../x"'],
    ['a variable with a path', volume('{name: "$(params.../../x)", emptyDir: {}}'), 'spec.volumes[0].name: the name'],
    [
      'a claim',
      volume('{name: v, persistentVolumeClaim: {claimName: ..}}'),
      '.persistentVolumeClaim.claimName: the name ".."',
    ],
    [
      'a claim of a run',
      run('workspaces: [{name: w, persistentVolumeClaim: {claimName: ../x}}]'),
      'spec.workspaces[0].persistentVolumeClaim.claimName: the name "../x"',
    ],
    [
      'a workspace',
      run('workspaces: [{name: ../x, emptyDir: {}}]'),
      'spec.workspaces[0].name: the workspace name "../x"',
    ],
    [
      'a sidecar',
      task(`${step}\n  sidecars: [{name: ../../x, image: i}]`),
      'spec.sidecars[0].name: the name "../../x"',
    ],
    ['a run', run('params: []', 'generateName: ../../x-'), 'metadata.generateName: the name "../../x-'],
  ])('refuses a name that would be a path: of %s', (_, text, expected) => {
    expect(said(text)).toEqual([expect.stringContaining(expected)]);
  });

  test('leaves an object with a problem out, and reads the others', () => {
    const { tasks, problems } = read(`${task('steps: [{imag: i}]')}\n---\n${task(step).replace('name: t', 'name: u')}`);
    expect(problems).toHaveLength(1);
    expect(tasks.map(({ name }) => name)).toEqual(['u']);
  });

  test('is not led into names of JavaScript, nor into endless aliases', () => {
    expect(said(task('steps: [{image: i, constructor: x, __proto__: {a: b}}]'))).toHaveLength(2);
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((name, index) => `${name}: &${name} [${`*${'abcdefg'[index]},`.repeat(10)}]`)
      .join('\n')}`;
    expect(said(bomb)).toHaveLength(1);
  });
});
