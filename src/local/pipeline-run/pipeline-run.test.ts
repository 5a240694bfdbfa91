import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pipelineRunOf, runLocally } from '../../../test/local/local-run.js';

const result = (task: string, name: string) => `$(tasks.${task}.results.${name})`;
const write = (name: string, value: string) => `printf '%s' '${value}' > $(results.${name}.path)`;

test('tasks run in the order of their edges, and the condition counts them', async () => {
  const { condition, lines, object } = await runLocally(
    pipelineRunOf({
      c: { script: 'echo c', more: { runAfter: ['b'] } },
      b: { script: 'echo b', more: { runAfter: ['a'] } },
      a: { script: 'echo a' },
    }),
  );
  expect(condition).toEqual(['True', 'Succeeded', 'Tasks Completed: 3 (Failed: 0, Cancelled 0), Skipped: 0']);
  expect(lines.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
  expect(object.status.childReferences?.map(({ name }) => name)).toEqual(['run-c', 'run-b', 'run-a']);
});

test('tasks without an edge run at the same time, as many as allowed', async () => {
  const meet = (own: string, other: string) => ({
    script: `touch $(workspaces.shared.path)/${own}; for i in $(seq 100); do [ -e $(workspaces.shared.path)/${other} ] && exit 0; sleep 0.05; done; exit 1`,
  });
  const run = pipelineRunOf({ a: meet('a', 'b'), b: meet('b', 'a') }, {}, { workspaces: [{ name: 'shared' }] });
  const workspaces = ['name=shared,volumeClaimTemplate='];
  expect((await runLocally(run, { workspaces, parallel: 2 })).condition[1]).toBe('Succeeded');
  expect((await runLocally(run, { workspaces, parallel: 1 })).condition[1]).toBe('Failed');
}, 30_000);

test('results of every type reach other tasks and the results of the Pipeline', async () => {
  const { results, printed } = await runLocally(
    pipelineRunOf(
      {
        make: {
          results: { text: 'string', list: 'array', map: 'object' },
          script: `${write('text', 'hello')}\n${write('list', '["x","y"]')}\n${write('map', '{"a":"1","b":"2"}')}`,
        },
        use: {
          params: { t: result('make', 'text'), i: result('make', 'list[1]'), k: result('make', 'map.b') },
          script: 'echo "$(params.t) $(params.i) $(params.k)"',
        },
      },
      {},
      {
        results: [
          { name: 'one', value: `<${result('make', 'text')}>` },
          { name: 'all', type: 'array', value: result('make', 'list[*]') },
          { name: 'whole', type: 'object', value: result('make', 'map[*]') },
        ],
      },
    ),
  );
  expect(printed('use')).toEqual(['hello y 2']);
  expect(results).toEqual({ one: '<hello>', all: ['x', 'y'], whole: { a: '1', b: '2' } });
});

describe('when', () => {
  const never = { when: [{ input: 'a', operator: 'in', values: ['b'] }] };

  test('a task that it skips does not skip those after it, but those that need its results', async () => {
    const { condition, skipped, printed } = await runLocally(
      pipelineRunOf({
        guarded: { script: 'exit 1', results: { x: 'string' }, more: never },
        after: { script: 'echo ran', more: { runAfter: ['guarded'] } },
        consumer: { script: 'exit 1', params: { x: result('guarded', 'x') } },
        grandchild: { script: 'exit 1', more: { runAfter: ['consumer'] } },
      }),
    );
    expect(condition).toEqual(['True', 'Completed', 'Tasks Completed: 1 (Failed: 0, Cancelled 0), Skipped: 3']);
    expect(skipped).toEqual({
      guarded: 'When Expressions evaluated to false',
      consumer: 'Results were missing',
      grandchild: 'Parent Tasks were skipped',
    });
    expect(printed('after')).toEqual(['ran']);
  });

  test('it sees results, and skippedTasks show it with their values', async () => {
    const { object, printed } = await runLocally(
      pipelineRunOf({
        make: { script: write('x', 'yes'), results: { x: 'string' } },
        yes: { script: 'echo ran', more: { when: [{ input: result('make', 'x'), operator: 'in', values: ['yes'] }] } },
        no: { script: 'exit 1', more: { when: [{ input: result('make', 'x'), operator: 'notin', values: ['yes'] }] } },
      }),
    );
    expect(printed('yes')).toEqual(['ran']);
    expect(object.status.skippedTasks).toEqual([
      {
        name: 'no',
        reason: 'When Expressions evaluated to false',
        whenExpressions: [{ input: 'yes', operator: 'notin', values: ['yes'] }],
      },
    ]);
  });
});

describe('a failing task', () => {
  test('stops what has not started, and finally tasks see it', async () => {
    const { condition, skipped, printed } = await runLocally(
      pipelineRunOf(
        { bad: { script: 'exit 3' }, next: { script: 'echo no', more: { runAfter: ['bad'] } } },
        {
          last: {
            params: { s: '$(tasks.status) $(tasks.bad.status) $(tasks.next.status) $(tasks.bad.reason)' },
            script: 'echo "$(params.s)"',
          },
        },
      ),
    );
    expect(condition).toEqual(['False', 'Failed', 'Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 1']);
    expect(skipped).toEqual({ next: 'PipelineRun was stopping' });
    expect(printed('last')).toEqual([expect.stringMatching(/^Failed Failed None \w+$/u)]);
  });

  test('with onError: continue is counted as ignored, and the others go on', async () => {
    const { condition, printed } = await runLocally(
      pipelineRunOf({
        bad: { script: 'exit 3', more: { onError: 'continue' } },
        next: { script: 'echo yes', more: { runAfter: ['bad'] } },
      }),
    );
    expect(condition).toEqual([
      'True',
      'Succeeded',
      'Tasks Completed: 2 (Failed: 1 (Ignored: 1), Cancelled 0), Skipped: 0',
    ]);
    expect(printed('next')).toEqual(['yes']);
  });

  test('is tried again as often as retries says, and keeps what happened before', async () => {
    const { condition, taskRuns, printed } = await runLocally(
      pipelineRunOf({
        flaky: {
          script: 'echo try $(context.task.retry-count); [ $(context.task.retry-count) = 2 ]',
          more: { retries: 3 },
        },
      }),
    );
    expect(condition[1]).toBe('Succeeded');
    expect(printed('flaky')).toEqual(['try 0', 'try 1', 'try 2']);
    const [flaky] = taskRuns;
    expect(flaky?.status.retriesStatus?.map(({ conditions: [{ status }] }) => status)).toEqual(['False', 'False']);
  });

  test('fails a finally task in the same way', async () => {
    const { condition } = await runLocally(pipelineRunOf({ good: { script: 'true' } }, { last: { script: 'exit 1' } }));
    expect(condition).toEqual(['False', 'Failed', 'Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 0']);
  });
});

test('a result that a task did not make fails the validation of the task that uses it', async () => {
  const { condition } = await runLocally(
    pipelineRunOf({
      make: { script: 'true', results: { x: 'string' } },
      use: { script: 'exit 1', params: { x: result('make', 'x') } },
    }),
  );
  expect(condition.slice(0, 2)).toEqual(['False', expect.stringMatching(/Failed/u)]);
});

test('an item that an array of results lacks, or a param of another type, fails the run before the task starts', async () => {
  const make = { script: write('list', '["a"]'), results: { list: 'array' } } as const;
  const run = async (value: string) =>
    (await runLocally(pipelineRunOf({ make, use: { script: 'exit 1', params: { x: value } } }))).condition;
  expect(await run(result('make', 'list[3]'))).toEqual([
    'False',
    'PipelineValidationFailed',
    "[User error] PipelineRun default/run can't be Run; couldn't resolve all references: array Result Index 3 for Task make Result list is out of bound of size 1",
  ]);
  expect(await run(result('make', 'list[*]'))).toEqual([
    'False',
    'PipelineValidationFailed',
    "[User error] Validation failed for pipelinerun run with error invalid input params for task : param types don't match the user-specified type: [x]",
  ]);
});

test('a task with two claims fails, as where Tekton keeps the pods of a claim on one node', async () => {
  const yaml = pipelineRunOf(
    { use: { script: 'ls $(workspaces.a.path) $(workspaces.b.path)' } },
    {},
    { workspaces: [{ name: 'a' }, { name: 'b' }] },
  );
  const { taskRuns } = await runLocally(yaml, { workspaces: ['name=a,volumeClaimTemplate=', 'name=b,claimName=c'] });
  expect(taskRuns[0]?.status.conditions[0]).toMatchObject({
    reason: 'TaskRunValidationFailed',
    message: '[User error] more than one PersistentVolumeClaim is bound',
  });
});

describe('matrix', () => {
  const matrix = {
    params: [
      { name: 'os', value: ['linux', 'mac'] },
      { name: 'arch', value: ['arm', 'amd'] },
    ],
  };

  test('each combination is a TaskRun, and results become a list in the order of their names', async () => {
    const build = {
      script: `printf '%s' "$(params.os)/$(params.arch)" > $(results.x.path)`,
      results: { x: 'string' },
      more: { matrix },
    } as const;
    const use = {
      params: { n: '$(tasks.build.matrix.length)' },
      script: 'echo $(params.n)',
      more: { runAfter: ['build'] },
    };
    const { taskRuns, printed, results } = await runLocally(
      pipelineRunOf({ build, use }, {}, { results: [{ name: 'all', type: 'array', value: result('build', 'x[*]') }] }),
    );
    const names = ['run-build-0', 'run-build-1', 'run-build-2', 'run-build-3', 'run-use'];
    expect(taskRuns.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(printed('use')).toEqual(['4']);
    expect(results).toEqual({ all: ['linux/arm', 'mac/arm', 'linux/amd', 'mac/amd'] });
  });

  test('each TaskRun has its own display name, with its params, or the names of its rows', async () => {
    const named = (displayName: string, more: object) => ({
      script: 'true',
      more: { displayName, matrix: { params: [{ name: 'os', value: ['linux', 'mac'] }], ...more } },
    });
    const include = [{ name: 'Apple', params: [{ name: 'os', value: 'mac' }] }];
    const { object } = await runLocally(
      pipelineRunOf({
        build: named('Build for $(params.os) in $(context.pipelineRun.name)', {}),
        test: named('Test', { include }),
      }),
    );
    const names = object.status.childReferences?.map(({ displayName }) => displayName);
    expect(names).toEqual(['Build for linux in run', 'Build for mac in run', 'Test', 'Apple']);
  });

  test('an array without items skips the task', async () => {
    const { skipped } = await runLocally(
      pipelineRunOf({ build: { script: 'exit 1', more: { matrix: { params: [{ name: 'os', value: [] }] } } } }),
    );
    expect(skipped).toEqual({ build: 'Matrix Parameters have an empty array' });
  });

  test('one that fails fails the task when all have ended', async () => {
    const { condition, taskRuns } = await runLocally(
      pipelineRunOf({
        build: {
          script: '[ $(params.os) = linux ]',
          more: { matrix: { params: [{ name: 'os', value: ['mac', 'linux'] }] } },
        },
      }),
    );
    expect(condition).toEqual(['False', 'Failed', 'Tasks Completed: 1 (Failed: 1, Cancelled 0), Skipped: 0']);
    expect(taskRuns.map(({ status }) => status.conditions[0].status)).toEqual(['False', 'True']);
  });

  test('when the run is over, all TaskRuns that ended at the same time are on disk with their ends', async () => {
    const value = Array.from({ length: 24 }, (_, index) => `${index}`);
    const { taskRuns } = await runLocally(
      pipelineRunOf({ build: { script: 'true', more: { matrix: { params: [{ name: 'number', value }] } } } }),
      { parallel: 24 },
    );
    expect(taskRuns.map(({ status }) => status.conditions[0].status)).toEqual(value.map(() => 'True'));
  });
});

describe('timeouts', () => {
  const slow = { script: 'sleep 30' };

  test('of the Pipeline end everything', async () => {
    const { condition, taskRuns } = await runLocally(
      pipelineRunOf({ slow }, { last: { script: 'echo no' } }, {}, { timeouts: { pipeline: '1s' } }),
    );
    expect(condition).toEqual(['False', 'PipelineRunTimeout', 'PipelineRun "run" failed to finish within "1s"']);
    expect(taskRuns[0]?.status.conditions[0]).toMatchObject({
      reason: 'TaskRunCancelled',
      message: 'TaskRun "run-slow" was cancelled. TaskRun cancelled as the PipelineRun it belongs to has timed out.',
    });
  });

  test('of the tasks let finally tasks run', async () => {
    const { condition, printed } = await runLocally(
      pipelineRunOf({ slow }, { last: { script: 'echo end' } }, {}, { timeouts: { pipeline: '1m', tasks: '1s' } }),
    );
    expect(printed('last')).toEqual(['end']);
    expect(condition).toEqual([
      'False',
      'PipelineRunTimeout',
      'PipelineRun "run" failed due to tasks failed to finish within "1s"',
    ]);
  });

  test('of the finally tasks end those', async () => {
    const { condition } = await runLocally(
      pipelineRunOf({ a: { script: 'true' } }, { slow }, {}, { timeouts: { pipeline: '1m', finally: '1s' } }),
    );
    expect(condition).toEqual(['False', 'Failed', 'Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 0']);
  });

  test('of one task fail it', async () => {
    const { condition, taskRuns } = await runLocally(pipelineRunOf({ slow: { ...slow, more: { timeout: '1s' } } }));
    expect(condition[1]).toBe('Failed');
    expect(taskRuns[0]?.status.conditions[0]).toMatchObject({
      reason: 'TaskRunTimeout',
      message: 'TaskRun "run-slow" failed to finish within "1s"',
    });
  });
});

describe('a run that is ended by its spec.status', () => {
  const end = (how: string) =>
    runLocally(
      pipelineRunOf(
        { slow: { script: 'echo go; sleep 20' }, next: { script: 'echo next', more: { runAfter: ['slow'] } } },
        { last: { script: 'echo end' } },
      ),
      {
        onLine: ({ text }, directory) => {
          if (text === 'go') void writeFile(join(directory, 'cancel'), how);
        },
      },
    );

  test('Cancelled ends all of it', async () => {
    const { condition, printed, taskRuns } = await end('Cancelled');
    expect(condition).toEqual(['False', 'Cancelled', 'PipelineRun "run" was cancelled']);
    expect(printed('last')).toEqual([]);
    expect(taskRuns[0]?.status.conditions[0].reason).toBe('TaskRunCancelled');
  });

  test('CancelledRunFinally lets the finally tasks run', async () => {
    const { condition, printed, skipped } = await end('CancelledRunFinally');
    expect(printed('last')).toEqual(['end']);
    expect(condition).toEqual(['False', 'Cancelled', 'PipelineRun "run" was cancelled']);
    expect(Object.keys(skipped)).toEqual(['next']);
  });
});

test('an emptyDir is new for each TaskRun; a volumeClaimTemplate is shared', async () => {
  const yaml = pipelineRunOf(
    {
      write: { script: 'echo x > $(workspaces.w.path)/file' },
      read: { script: 'ls $(workspaces.w.path)', more: { runAfter: ['write'] } },
    },
    {},
    { workspaces: [{ name: 'w' }] },
  );
  expect((await runLocally(yaml, { workspaces: ['name=w,emptyDir='] })).printed('read')).toEqual([]);
  expect((await runLocally(yaml, { workspaces: ['name=w,volumeClaimTemplate='] })).printed('read')).toEqual(['file']);
});

test('hostile params stay data', async () => {
  const hostile = `'; touch /tmp/pwned; $(params.other) $(context.pipelineRun.name) \${HOME} "\`id\`" \\n`;
  const task = {
    name: 'say',
    params: [{ name: 'text', value: '$(params.text)' }],
    taskSpec: {
      params: [{ name: 'text', type: 'string' }],
      steps: [{ name: 'main', image: 'bash', command: ['printf', '%s\n'], args: ['$(params.text)'] }],
    },
  };
  const run = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'run' },
    spec: { pipelineSpec: { params: [{ name: 'text', type: 'string' }], tasks: [task] } },
  };
  const { printed } = await runLocally(JSON.stringify(run), { params: [`text=${hostile}`] });
  // Tekton replaces variables of the context after params.
  expect(printed('say')).toEqual([hostile.replace('$(context.pipelineRun.name)', 'run')]);
});

describe('before anything starts', () => {
  test.each<[string, string, string]>([
    [
      'a Task that is not there',
      pipelineRunOf({ a: { script: '', more: { taskSpec: undefined, taskRef: { name: 'gone' } } } }),
      'there is no Task gone',
    ],
    [
      'a workspace that is not bound',
      pipelineRunOf({ a: { script: 'true' } }, {}, { workspaces: [{ name: 'w' }] }),
      'the workspace w is not bound',
    ],
    [
      'a result that is not declared',
      pipelineRunOf({ a: { script: 'true' }, b: { script: 'true', params: { x: result('a', 'x') } } }),
      'a has no result x',
    ],
    [
      'a cycle',
      pipelineRunOf({ a: { script: '', more: { runAfter: ['b'] } }, b: { script: '', more: { runAfter: ['a'] } } }),
      'waits for itself',
    ],
    [
      'a resolver',
      pipelineRunOf({ a: { script: '', more: { taskSpec: undefined, taskRef: { resolver: 'own', params: [] } } } }),
      'spec.tasks[0] a > taskRef.resolver: there is no resolver own on this machine',
    ],
    ['a field that is unknown', pipelineRunOf({ a: { script: 'true', more: { colour: 'red' } } }), 'colour'],
  ])('%s is refused with its path', async (_, yaml, words) => {
    await expect(runLocally(yaml)).rejects.toMatchObject({ kind: 'input', why: expect.stringContaining(words) });
  });
});

test('200 tasks at a time and a chain of 300 end well', async () => {
  const wide = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`t${index}`, { script: 'true' }]));
  expect((await runLocally(pipelineRunOf(wide), { parallel: 8 })).condition[2]).toContain('Tasks Completed: 200 ');
  const chain = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [
      `t${index}`,
      { script: 'true', more: index === 0 ? {} : { runAfter: [`t${index - 1}`] } },
    ]),
  );
  const { condition, taskRuns } = await runLocally(pipelineRunOf(chain));
  expect(taskRuns.filter(({ status }) => status.conditions[0].status !== 'True')).toEqual([]);
  expect(condition[2]).toContain('Tasks Completed: 300 ');
}, 180_000);

test('ConfigMaps and Secrets that are given as documents are variables, volumes and workspaces', async () => {
  const step = {
    name: 'main',
    image: 'bash',
    env: [
      { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'login', key: 'token' } } },
    ],
    volumeMounts: [{ name: 'settings', mountPath: '/settings' }],
    script: 'echo $COLOUR; cat /settings/colour; echo; cat $(workspaces.login.path)/token | wc -c; echo ${#TOKEN}',
  };
  const taskSpec = {
    workspaces: [{ name: 'login' }],
    volumes: [{ name: 'settings', configMap: { name: 'settings' } }],
    steps: [step],
  };
  const task = { name: 'show', workspaces: [{ name: 'login' }], taskSpec };
  const run = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'run' },
    spec: {
      pipelineSpec: { workspaces: [{ name: 'login' }], tasks: [task] },
      workspaces: [{ name: 'login', secret: { secretName: 'login' } }],
    },
  };
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { colour: 'red' } };
  const login = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' }, stringData: { token: 'secret-word' } };
  const all = [run, settings, login].map((object) => JSON.stringify(object));
  const { printed } = await runLocally(all.join('\n---\n'));
  expect(printed('show')).toEqual(['red', 'red', '11', '11']);
  await expect(runLocally(all.slice(0, 2).join('\n---\n'))).rejects.toMatchObject({
    why: expect.stringContaining('there is no Secret login'),
  });
});

test('an image that --host-image names is this machine, and a step without a command starts what its image would', async () => {
  const steps = [
    { name: 'named', image: 'registry.example.com/tools:2@sha256:0', script: 'echo named' },
    { name: 'program', image: 'mirror.gcr.io/bash', args: ['echo', 'bash runs it'] },
    { name: 'options', image: 'mirror.gcr.io/bash', args: ['-c', 'echo $0 takes it', 'bash'] },
    { name: 'shell', image: 'ubuntu', args: ['-c', 'echo ${BASH_VERSION:+bash}'] },
  ];
  const run = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'run' },
    spec: { pipelineSpec: { tasks: [{ name: 'say', taskSpec: { steps } }] } },
  };
  const { printed } = await runLocally(JSON.stringify(run), { hostImages: ['registry.example.com/*'] });
  expect(printed('say')).toEqual(['named', 'bash runs it', 'bash takes it', 'bash']);
  await expect(runLocally(JSON.stringify(run))).rejects.toMatchObject({
    why: expect.stringContaining('--host-image registry.example.com/tools'),
  });
});

const object = (kind: string, apiVersion: string, name: string, rest: object) => ({
  apiVersion,
  kind,
  metadata: { name },
  ...rest,
});
const documents = (...objects: readonly object[]) => objects.map((one) => JSON.stringify(one)).join('\n---\n');

test('a projected workspace and volume show keys of several objects, at the paths that items say; params may name an object', async () => {
  const sources = [
    { secret: { name: 'login', items: [{ key: 'token', path: 'deep/key' }] } },
    { configMap: { name: 'settings' } },
    { configMap: { name: 'gone', optional: true } },
  ];
  const look = 'cd $0 2>/dev/null; find -L . -type f | sort | xargs; cat ./deep/key';
  const taskSpec = {
    params: [{ name: 'which', default: 'login' }],
    workspaces: [{ name: 'all' }],
    volumes: [
      { name: 'all', projected: { sources } },
      { name: 'named', secret: { secretName: '$(params.which)' } },
    ],
    steps: [
      { name: 'workspace', image: 'bash', command: ['sh', '-c', look], args: ['$(workspaces.all.path)'] },
      {
        name: 'volume',
        image: 'bash',
        command: ['sh', '-c', look],
        args: ['/all'],
        volumeMounts: [{ name: 'all', mountPath: '/all' }],
      },
      { name: 'named', image: 'bash', script: 'ls /named', volumeMounts: [{ name: 'named', mountPath: '/named' }] },
    ],
  };
  const run = object('PipelineRun', 'tekton.dev/v1', 'run', {
    spec: {
      pipelineSpec: {
        workspaces: [{ name: 'all' }],
        tasks: [{ name: 'look', workspaces: [{ name: 'all' }], taskSpec }],
      },
      workspaces: [{ name: 'all', projected: { sources } }],
    },
  });
  const settings = object('ConfigMap', 'v1', 'settings', { data: { colour: 'red' } });
  const login = object('Secret', 'v1', 'login', { stringData: { token: 'abc', user: 'me' } });
  const { printed, object: status } = await runLocally(documents(run, settings, login));
  expect(printed('look')).toEqual(['./colour ./deep/key', 'abc', './colour ./deep/key', 'abc', 'token', 'user']);
  expect(status.spec).toMatchObject({ workspaces: [{ name: 'all', projected: { sources } }] });
  const without = object('Secret', 'v1', 'login', { stringData: { user: 'me' } });
  await expect(runLocally(documents(run, settings, without))).rejects.toMatchObject({
    why: expect.stringContaining('the Secret login has no key token'),
  });
});

test('params of a StepAction are values of the TaskRun, whole arrays too, and not those of the Pipeline with the same name', async () => {
  const action = object('StepAction', 'tekton.dev/v1beta1', 'show', {
    spec: {
      image: 'bash',
      params: [
        { name: 'list', type: 'array', default: ['d0', 'd1', 'd2'] },
        { name: 'who', default: 'nobody' },
        { name: 'greeting', default: 'hello $(params.who)' },
      ],
      env: [
        { name: 'FIRST', value: '$(params.list[0])' },
        { name: 'LAST', value: '$(params.list[2])' },
        { name: 'GREETING', value: '$(params.greeting)' },
      ],
      command: ['sh', '-c', 'echo "$FIRST $LAST $GREETING: $*"', 'sh'],
      args: ['$(params.list[*])'],
    },
  });
  const param = { name: 'list', value: '$(params.items[*])' };
  const taskSpec = {
    params: [{ name: 'items', type: 'array' }],
    steps: [
      { name: 'given', ref: { name: 'show' }, params: [param] },
      { name: 'plain', ref: { name: 'show' } },
    ],
  };
  const run = object('PipelineRun', 'tekton.dev/v1', 'run', {
    spec: {
      params: [{ name: 'who', value: 'the Pipeline' }],
      pipelineSpec: {
        params: [{ name: 'who' }],
        tasks: [{ name: 'say', params: [{ name: 'items', value: ['a', 'b'] }], taskSpec }],
      },
    },
  });
  const { printed } = await runLocally(documents(run, action));
  // As in Tekton, an item that the value lacks is that of the default.
  expect(printed('say')).toEqual(['a d2 hello nobody: a b', 'd0 d2 hello nobody: d0 d1 d2']);
});

test('an array of the Pipeline reaches an embedded spec under its own name; a failure that is ignored says so', async () => {
  const list = { name: 'list', value: ['a', 'b'] };
  const steps = [{ name: 'main', image: 'bash', args: ['$(params.list[*])'], script: 'echo $# $1; exit 1' }];
  const taskSpec = { params: [{ name: 'list', type: 'array' }], steps };
  const echo = {
    name: 'echo',
    params: [{ name: 'reason', value: '$(tasks.say.reason)' }],
    taskSpec: {
      params: [{ name: 'reason' }],
      steps: [{ name: 'main', image: 'bash', script: 'echo $(params.reason)' }],
    },
  };
  const run = object('PipelineRun', 'tekton.dev/v1', 'run', {
    spec: {
      params: [list, { name: 'name', value: 'of $(context.pipelineRun.name)' }],
      pipelineSpec: {
        params: [{ name: 'list', type: 'array' }, { name: 'name' }],
        tasks: [
          { name: 'say', onError: 'continue', params: [{ ...list, value: '$(params.list[*])' }], taskSpec },
          { name: 'name', taskSpec: { steps: [{ name: 'main', image: 'bash', script: 'echo $(params.name)' }] } },
        ],
        finally: [echo],
      },
    },
  });
  const { printed, taskRuns } = await runLocally(documents(run));
  expect(printed('say')).toEqual(['2 a']);
  expect(printed('name')).toEqual(['of run']);
  expect(printed('echo')).toEqual(['FailureIgnored']);
  const [condition] = taskRuns.find(({ metadata }) => metadata.name === 'run-say')?.status.conditions ?? [];
  expect(condition).toMatchObject({ reason: 'FailureIgnored', message: '"step-main" exited with code 1: Error' });
});

test('Secrets of the ServiceAccount that a task runs as are files in HOME, for that task only', async () => {
  const key = object('Secret', 'v1', 'key', {
    type: 'kubernetes.io/ssh-auth',
    metadata: { name: 'key', annotations: { 'tekton.dev/git-0': 'git.example.com' } },
    stringData: { 'ssh-privatekey': 'a private key' },
  });
  const robot = object('ServiceAccount', 'v1', 'robot', { secrets: [{ name: 'key' }, { name: 'gone' }] });
  const taskSpec = {
    steps: [
      { name: 'main', image: 'bash', script: 'cd; ls -A; [ -d .ssh ] && stat -c "%a %n" .ssh/* && cat .ssh/id_key' },
    ],
  };
  const run = object('PipelineRun', 'tekton.dev/v1', 'run', {
    spec: {
      pipelineSpec: {
        tasks: [
          { name: 'with', taskSpec },
          { name: 'without', taskSpec },
        ],
      },
      taskRunSpecs: [{ pipelineTaskName: 'with', serviceAccountName: 'robot' }],
    },
  });
  const { printed } = await runLocally(documents(run, robot, key));
  expect(printed('with')).toEqual(['.ssh', '600 .ssh/config', '600 .ssh/id_key', '***']);
  expect(printed('without')).toEqual([]);
});

describe('params that a Task does not take', () => {
  const items = 'printf \'["a"]\' > $(results.list.path)';
  const use = (param: object, script: string, more: object = {}) => ({
    name: 'use',
    params: [param],
    taskSpec: { params: [more], steps: [{ name: 'main', image: 'bash', script }] },
  });
  const runOf = (task: object) => {
    const make = {
      name: 'make',
      taskSpec: {
        results: [{ name: 'list', type: 'array' }],
        steps: [{ name: 'main', image: 'bash', script: items }],
      },
    };
    return documents(
      object('PipelineRun', 'tekton.dev/v1', 'run', { spec: { pipelineSpec: { tasks: [make, task] } } }),
    );
  };

  test('are refused before anything starts, when they are known', async () => {
    const wrong = use({ name: 'list', value: ['a'] }, 'true', { name: 'list', type: 'string' });
    await expect(runLocally(runOf(wrong))).rejects.toMatchObject({
      why: expect.stringContaining("param types don't match the user-specified type: [list]"),
    });
    const index = {
      spec: {
        params: [{ name: 'list', value: ['a'] }],
        pipelineSpec: {
          params: [{ name: 'list', type: 'array' }],
          tasks: [use({ name: 'x', value: '$(params.list[1])' }, 'true', { name: 'x' })],
        },
      },
    };
    await expect(runLocally(documents(object('PipelineRun', 'tekton.dev/v1', 'run', index)))).rejects.toMatchObject({
      why: expect.stringContaining('non-existent param references:[$(params.list[1])]'),
    });
    const taskRun = object('TaskRun', 'tekton.dev/v1', 'run', {
      spec: {
        params: [{ name: 'list', value: ['a'] }],
        taskSpec: {
          params: [{ name: 'list', type: 'array' }],
          steps: [{ name: 'main', image: 'bash', script: 'echo $(params.list[0]) $(params.list[3])' }],
        },
      },
    });
    await expect(runLocally(documents(taskRun))).rejects.toMatchObject({
      why: expect.stringContaining('non-existent param references:[$(params.list[3])]'),
    });
  });

  test('fail the TaskRun, when they come from results', async () => {
    const list = { name: 'list', value: '$(tasks.make.results.list[*])' };
    const { taskRuns, condition } = await runLocally(
      runOf(use(list, 'echo $(params.list[0]) $(params.list[1])', { name: 'list', type: 'array' })),
    );
    const [{ reason, message }] = taskRuns.find(({ metadata }) => metadata.name === 'run-use')?.status.conditions ?? [
      { reason: '', message: '' },
    ];
    expect([reason, message]).toEqual([
      'TaskRunValidationFailed',
      '[User error] non-existent param references:[$(params.list[1])]',
    ]);
    expect(condition[1]).toBe('Failed');
  });

  test('fail the run, when a matrix gets what is no array', async () => {
    const matrix = { params: [{ name: 'one', value: '$(tasks.make.results.list[0])' }] };
    const task = { ...use({ name: 'x', value: 'y' }, 'true', { name: 'x' }), matrix };
    const spec = { ...task.taskSpec, params: [{ name: 'x' }, { name: 'one' }] };
    const { condition } = await runLocally(runOf({ ...task, taskSpec: spec }));
    expect(condition.slice(0, 2)).toEqual(['False', 'InvalidMatrixParameterTypes']);
  });

  test('fail the run, when a matrix gets all items of a text', async () => {
    const matrix = { params: [{ name: 'one', value: '$(tasks.make.results.text[*])' }] };
    const make = { script: write('text', 'x'), results: { text: 'string' as const } };
    const { condition } = await runLocally(pipelineRunOf({ make, use: { script: 'true', more: { matrix } } }));
    expect(condition.slice(0, 2)).toEqual(['False', 'InvalidMatrixParameterTypes']);
  });

  test('do not matter for an empty matrix: the task runs once', async () => {
    const { printed } = await runLocally(pipelineRunOf({ a: { script: 'echo a', more: { matrix: { include: [] } } } }));
    expect(printed('a')).toEqual(['a']);
  });
});
