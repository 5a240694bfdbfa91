/**
 * What Tekton asks of every service that calls itself conformant (docs/api-spec.md and test/conformance of v1.15.0), said anew. Its suite
 * expects the reason `Failed` where v1.15.0 itself has long given `StepFailed` and `SidecarFailed` (pkg/pod/status.go): here the code counts.
 */
import { describe, expect, test } from 'vitest';
import { runDocument } from './local-run.js';

const hostImages = ['*python', '*perl', '*node'];

async function run(kind: 'TaskRun' | 'PipelineRun', spec: object) {
  const document = { apiVersion: 'tekton.dev/v1', kind, metadata: { name: 'conformant' }, spec };
  const { stored, lines } = await runDocument(JSON.stringify(document), { hostImages });
  const { status } = stored;
  const [{ type, status: succeeded, reason }] = status.conditions;
  return { spec: stored.spec, status, condition: [type, succeeded, reason], lines: lines.map(({ text }) => text) };
}

const taskRun = (taskSpec: object, spec: object = {}) => run('TaskRun', { taskSpec, ...spec });
const pipelineRun = (pipelineSpec: object, spec: object = {}) => run('PipelineRun', { pipelineSpec, ...spec });

const step = (script: string, more: object = {}) => ({ name: 'only', image: 'ubuntu', script, ...more });
const one = (script: string, more: object = {}) => ({ ...more, steps: [step(script)] });
const succeeded = ['Succeeded', 'True', 'Succeeded'];
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/u);

describe('a TaskRun', () => {
  test('has a condition Succeeded, and each step its name, image and end', async () => {
    const image = 'busybox@sha256:1303dbf110c57f3edf68d9f5a16c082ec06c4cf7604831669faf2c712260b5a0';
    const { condition, status } = await taskRun({ steps: [{ name: 'step-hello', image, args: ['-c', 'echo hello'] }] });
    expect(condition).toEqual(succeeded);
    const terminated = { exitCode: 0, reason: 'Completed', startedAt: time, finishedAt: time };
    expect(status).toMatchObject({ steps: [{ name: 'step-hello', imageID: image, terminated }] });
  });

  test('fails with the exit code of a step', async () => {
    const { condition, status } = await taskRun(one('exit 7'));
    expect(condition).toEqual(['Succeeded', 'False', 'StepFailed']);
    const terminated = { exitCode: 7, reason: 'Error', startedAt: time, finishedAt: time };
    expect(status).toMatchObject({ steps: [{ name: 'only', terminated }] });
  });

  test('runs scripts of every interpreter, with params, arguments and dollar signs as they are written', async () => {
    const steps = [
      { name: 'node', image: 'node', script: '#!/usr/bin/env node\nconsole.log("node $(params.word)")' },
      { name: 'perl', image: 'perl', script: '#!/usr/bin/perl\nprint "perl\\n"' },
      { name: 'python', image: 'python', script: "#!/usr/bin/env python3\nprint('$ $$ $$$ $$$$')" },
      { name: 'bash', image: 'bash', args: ['a', 'b c'], script: '#!/usr/bin/env bash\n[[ $# == 2 ]] && echo "$2"' },
      { name: 'sh', image: 'bash', script: 'x=value\ny=x\neval echo \\$$y' },
    ];
    const { condition, lines } = await taskRun({ params: [{ name: 'word', default: 'of a param' }], steps });
    expect(condition).toEqual(succeeded);
    expect(lines).toEqual(['node of a param', 'perl', '$ $$ $$$ $$$$', 'b c', 'value']);
  });

  test('gives steps their environment and directory, and shows both in its status', async () => {
    const steps = [
      step('echo ${WORD:2:3} $PWD', {
        image: 'bash',
        env: [{ name: 'WORD', value: 'abcdef' }],
        workingDir: '/workspace',
      }),
      { ...step('pwd', { workingDir: '/one/two' }), name: 'deep' },
    ];
    const { lines, status } = await taskRun({ steps });
    expect(lines).toEqual(['cde /workspace', '/one/two']);
    expect(status).toMatchObject({
      taskSpec: {
        steps: [{ env: [{ name: 'WORD', value: 'abcdef' }], workingDir: '/workspace' }, { workingDir: '/one/two' }],
      },
    });
  });

  test.each([
    ['a script', { script: 'echo beside' }, succeeded, 0],
    ['a command', { command: ['sh', '-c'], args: ['echo beside'] }, succeeded, 0],
    ['a script that fails', { script: 'exit 3' }, ['Succeeded', 'False', 'SidecarFailed'], 3],
  ])('has a sidecar with %s', async (_, how, expected, exitCode) => {
    const sidecar = { name: 'beside', image: 'ubuntu', ...how };
    const { condition, status } = await taskRun({ sidecars: [sidecar], steps: [step('sleep 0.3')] });
    expect(condition).toEqual(expected);
    expect(status).toMatchObject({
      sidecars: [{ name: 'beside', container: 'sidecar-beside', terminated: { exitCode } }],
      taskSpec: { sidecars: [{ name: 'beside' }] },
    });
  });

  test('has params of every type, with defaults, and keeps what they are declared with', async () => {
    const params = [
      { name: 'text', description: 'a text' },
      { name: 'list', type: 'array' },
      { name: 'object', properties: { a: {}, b: {} }, default: { a: '1', b: '2' } },
      { name: 'other', default: 'default' },
    ];
    const script = 'echo "$(params.text) $(params.object.a)$(params.object.b) $(params.other) $*"';
    const given = [
      { name: 'text', value: 'given' },
      { name: 'list', value: ['x', 'y z'] },
      { name: 'object', value: { b: '3' } },
    ];
    const args = ['$(params.list[*])'];
    const { lines, spec, status } = await taskRun({ params, steps: [step(script, { args })] }, { params: given });
    expect(lines).toEqual(['given 13 default x y z']);
    expect(spec.params).toEqual(given);
    expect(status).toMatchObject({
      taskSpec: {
        params: [{ name: 'text', type: 'string', description: 'a text' }, { type: 'array' }, { type: 'object' }, {}],
      },
    });
  });

  test('shares a workspace among its steps', async () => {
    const steps = [
      step('echo $(workspaces.w.path) > $(workspaces.w.path)/file'),
      { ...step('cat /here/file'), name: 'read' },
    ];
    const { lines, spec, status } = await taskRun(
      { workspaces: [{ name: 'w', mountPath: '/here' }], steps },
      { workspaces: [{ name: 'w', emptyDir: {} }] },
    );
    expect(lines).toEqual(['/here']);
    expect([spec.workspaces, status]).toMatchObject([[{ name: 'w' }], { taskSpec: { workspaces: [{ name: 'w' }] } }]);
  });

  test('ends at its timeout', async () => {
    const { condition } = await taskRun(one('sleep 600'), { timeout: '1s' });
    expect(condition).toEqual(['Succeeded', 'False', 'TaskRunTimeout']);
  });
});

describe('a PipelineRun', () => {
  const task = (name: string, script: string, more: object = {}, spec: object = {}) => ({
    name,
    taskSpec: one(script, spec),
    ...more,
  });

  test('has a condition, and a reference to the TaskRun of each task', async () => {
    const { condition, status } = await pipelineRun({ tasks: [task('first', 'true'), task('second', 'true')] });
    expect(condition).toEqual(succeeded);
    const child = (name: string) => ({ kind: 'TaskRun', name: `conformant-${name}`, pipelineTaskName: name });
    expect(status).toMatchObject({ childReferences: [child('first'), child('second')] });
  });

  test('gives params to tasks, results to others and to itself, and runs what is finally', async () => {
    const results = [{ name: 'sum' }];
    const sum = (name: string, a: string, b: string) =>
      task(
        name,
        'echo -n $(( $(inputs.params.a) + $(params.b) )) | tee $(results.sum.path)',
        {
          params: [
            { name: 'a', value: a },
            { name: 'b', value: b },
          ],
        },
        { params: [{ name: 'a' }, { name: 'b' }], results },
      );
    const { spec, status } = await pipelineRun(
      {
        params: [{ name: 'a' }],
        results: [
          { name: 'task', value: '$(tasks.second.results.sum)' },
          { name: 'last', value: '$(finally.last.results.sum)' },
        ],
        tasks: [sum('first', '$(params.a)', '1'), sum('second', '$(tasks.first.results.sum)', '$(params.a)')],
        finally: [sum('last', '$(tasks.second.results.sum)', '$(tasks.first.results.sum)0')],
      },
      { params: [{ name: 'a', value: '10' }] },
    );
    expect(status.results).toEqual([
      { name: 'task', value: '21' },
      { name: 'last', value: '131' },
    ]);
    expect(spec).toMatchObject({
      pipelineSpec: { tasks: [{ params: [{ name: 'a' }, { name: 'b', value: '1' }] }, {}] },
    });
  });

  test('shares a workspace among its tasks', async () => {
    const use = (name: string, script: string, own: string, more: object = {}) =>
      task(
        name,
        script,
        { workspaces: [{ name: own, workspace: 'shared' }], ...more },
        { workspaces: [{ name: own }] },
      );
    const tasks = [
      use('write', 'echo $(workspaces.out.path) > $(workspaces.out.path)/file', 'out'),
      use('read', 'cat $(workspaces.in.path)/file', 'in', { runAfter: ['write'] }),
    ];
    const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } } };
    const { condition, lines, spec, status } = await pipelineRun(
      { workspaces: [{ name: 'shared' }], tasks },
      { workspaces: [{ name: 'shared', volumeClaimTemplate: claim }] },
    );
    expect([condition, lines]).toEqual([succeeded, ['/workspace/out']]);
    const named = { workspaces: [{ name: 'shared' }] };
    expect([spec, status]).toMatchObject([named, { pipelineSpec: named }]);
  });

  test('fails when a task takes too long, and ends at its own timeout', async () => {
    const late = await pipelineRun({ tasks: [task('late', 'sleep 600', { timeout: '1s' })] });
    expect(late.condition).toEqual(['Succeeded', 'False', 'Failed']);
    const whole = await pipelineRun({ tasks: [task('late', 'sleep 600')] }, { timeouts: { tasks: '1s' } });
    expect(whole.condition).toEqual(['Succeeded', 'False', 'PipelineRunTimeout']);
  });
});
