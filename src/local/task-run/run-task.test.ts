import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRoom, requestFor, runSpec, script } from '../../../test/local/task-run.js';
import { testContext } from '../../../test/op/test-context.js';
import { usesStore } from './cluster-token.js';
import { enterStep } from './run-task.js';

let room: Awaited<ReturnType<typeof makeRoom>>;
beforeAll(async () => {
  room = await makeRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

const has = (program: string) => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const succeeded = ['True', 'Succeeded', 'All Steps have completed executing'];

test.each(
  [
    ['sh', undefined, 'echo "from sh"'],
    ['bash', '#!/usr/bin/env bash', '[[ 1 == 1 ]] && echo "from bash"'],
    ['node', '#!/usr/bin/env node', 'console.log("from node")'],
    ['python3', '#!/usr/bin/env python3', 'print("from python3")'],
    ['perl', '#!/usr/bin/perl', 'print "from perl\\n"'],
  ].filter(([program = '']) => program === 'sh' || has(program)),
)('a script runs with %s', async (program = '', shebang, text) => {
  const run = await runSpec(room.path, { steps: [script('say', shebang ? `${shebang}\n${text}` : `${text}`)] });
  expect(run.printed('say')).toEqual([`from ${program}`]);
  expect(run.condition).toEqual(succeeded);
});

test('a script without a shebang stops at the first failing command', async () => {
  const run = await runSpec(room.path, { steps: [script('first', 'false\necho on'), script('second', 'echo second')] });
  expect(run.lines).toEqual([]);
  expect(run.condition).toEqual(['False', 'StepFailed', '"step-first" exited with code 1: Error']);
  expect(run.status.steps).toMatchObject([
    {
      name: 'first',
      container: 'step-first',
      terminated: { exitCode: 1, reason: 'Error' },
      terminationReason: 'Error',
    },
    { name: 'second', terminated: { exitCode: 1, reason: 'Error' }, terminationReason: 'Skipped' },
  ]);
});

test('steps share /workspace, /tekton/home and results, in order, and each has its own /tmp', async () => {
  const run = await runSpec(room.path, {
    results: [{ name: 'said', type: 'string' }],
    steps: [
      script('write', 'echo "$HOME" > /workspace/file; touch ~/at-home /tmp/mine; printf done > $(results.said.path)'),
      script('read', 'cat /workspace/file; ls /tekton/home; ls /tmp; pwd'),
    ],
  });
  expect(run.printed('read')).toEqual(['/tekton/home', 'at-home', '/']);
  expect(run.status.results).toEqual([{ name: 'said', type: 'string', value: 'done' }]);
});

test('the files of this machine can be read, and not be written', async () => {
  const file = join(room.path, 'precious');
  await writeFile(file, 'precious');
  const run = await runSpec(room.path, {
    steps: [script('try', `touch /usr/x 2>&1 || echo no; rm -f ${file} || true; mkdir /made && echo made`)],
  });
  expect(run.printed('try').slice(-2)).toEqual(['no', 'made']);
  expect(await readFile(file, 'utf8')).toBe('precious');
});

test('command, args and env are expanded as Kubernetes does', async () => {
  const run = await runSpec(room.path, {
    steps: [
      {
        name: 'show',
        image: 'bash',
        env: [
          { name: 'A', value: 'a' },
          { name: 'B', value: '$(A)b $$(A) $(NONE)' },
        ],
        command: ['printf', '%s\\n'],
        args: ['$(B)', '$$(A)', '$(NONE)', '$', '$A'],
      },
    ],
  });
  expect(run.printed('show')).toEqual(['ab $(A) $(NONE)', '$(A)', '$(NONE)', '$', '$A']);
});

test('stepTemplate is merged: named lists by name, the step wins', async () => {
  const run = await runSpec(room.path, {
    stepTemplate: {
      image: 'bash',
      env: [
        { name: 'A', value: 'template' },
        { name: 'B', value: 'template' },
      ],
      workingDir: '/workspace/inside',
    },
    steps: [{ name: 'show', env: [{ name: 'B', value: '$(A)+step' }], script: 'echo "$A $B"; pwd' }],
  });
  expect(run.printed('show')).toEqual(['template template+step', '/workspace/inside']);
});

test('a param arrives unchanged, whatever it contains, and is not looked at again', async () => {
  const hostile = ['$(id)', '`id`', "it's", '"x"', '$HOME', '-n', '*', 'line\nbreak', '$(params.other)', 'ü日本', '\\'];
  const run = await runSpec(
    room.path,
    {
      params: [{ name: 'list', type: 'array' }],
      steps: [
        {
          name: 'show',
          image: 'bash',
          command: [
            process.execPath,
            '-e',
            'console.log(JSON.stringify(process.argv.slice(1)))',
            '--',
            '$(params.list[*])',
          ],
        },
      ],
    },
    { params: { list: hostile, other: 'other' } },
  );
  expect(JSON.parse(run.printed('show')[0] ?? '')).toEqual(hostile);
});

test('onError: continue goes on, and the exit code is in the status and in a file', async () => {
  const run = await runSpec(room.path, {
    steps: [
      { ...script('fail', 'exit 7'), onError: 'continue' },
      script('look', 'cat $(steps.step-fail.exitCode.path)'),
    ],
  });
  expect(run.condition).toEqual(succeeded);
  expect(run.printed('look')).toEqual(['7']);
  expect(run.status.steps[0]).toMatchObject({
    terminated: { exitCode: 7, reason: 'Completed' },
    terminationReason: 'Continued',
  });
});

test('a step that takes too long is stopped, and fails the TaskRun even with onError: continue', async () => {
  const run = await runSpec(room.path, {
    steps: [{ ...script('slow', 'sleep 60'), timeout: '300ms', onError: 'continue' }, script('next', 'echo next')],
  });
  const message = '"step-slow" exited because the step exceeded the specified timeout limit';
  expect(run.condition).toEqual(['False', 'StepFailed', message]);
  expect(run.status.steps[0]).toMatchObject({ terminated: { exitCode: 1 }, terminationReason: 'TimeoutExceeded' });
  expect(run.lines).toEqual([]);
});

test('a TaskRun that takes too long has the reason TaskRunTimeout', async () => {
  const run = await runSpec(
    room.path,
    { steps: [script('slow', 'sleep 60'), script('next', 'true')] },
    { timeoutMs: 500 },
  );
  expect(run.condition).toEqual(['False', 'TaskRunTimeout', 'TaskRun "run" failed to finish within "500ms"']);
  expect(run.status.steps).toMatchObject([
    {
      terminated: {
        exitCode: 1,
        reason: 'TaskRunTimeout',
        message: 'Step slow terminated as pod run-pod is terminated',
      },
    },
    { terminated: { exitCode: 1, reason: 'TaskRunTimeout' } },
  ]);
});

test('a TaskRun that is told to stop is cancelled; its steps get SIGTERM and may clean up', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('enough')), 1500);
  const text = "trap 'echo cleaned up; exit 3' TERM\nsleep 60 & wait";
  const run = await runSpec(room.path, { steps: [script('slow', text)] }, { signal: stop.signal });
  expect(run.condition).toEqual(['False', 'TaskRunCancelled', 'TaskRun "run" was cancelled. ']);
  expect(run.printed('slow')).toEqual(['cleaned up']);
});

test('when of a step, with the result of an earlier step', async () => {
  const when = (value: string) => [{ input: '$(steps.make.results.kind)', operator: 'in' as const, values: [value] }];
  const run = await runSpec(room.path, {
    steps: [
      {
        ...script('make', 'printf cat > $(step.results.kind.path)'),
        results: [{ name: 'kind', type: 'string' }],
      },
      { ...script('dog', 'echo dog'), when: when('dog') },
      {
        ...script('cat', 'echo cat $KIND'),
        when: when('cat'),
        env: [{ name: 'KIND', value: '$(steps.make.results.kind)' }],
      },
    ],
  });
  expect(run.printed('cat')).toEqual(['cat cat']);
  expect(run.status.steps[1]).toMatchObject({ terminated: { exitCode: 0 }, terminationReason: 'Skipped' });
  expect(run.status.steps[0]?.results).toEqual([{ name: 'kind', type: 'string', value: 'cat' }]);
});

describe('results', () => {
  const write = (value: string) => script('write', `cat > $(results.r.path) <<'END'\n${value}\nEND`);

  test.each([
    ['array', '["a","b"]', ['a', 'b']],
    ['object', '{"k":"v"}', { k: 'v' }],
    ['string', '["a"]', '["a"]\n'],
  ] as const)('an %s', async (type, text, value) => {
    const run = await runSpec(room.path, { results: [{ name: 'r', type }], steps: [write(text)] });
    expect(run.status.results).toEqual([{ name: 'r', type, value }]);
  });

  test.each([
    ['array', '[1]'],
    ['object', 'no JSON'],
  ] as const)('a declared %s that is something else fails the TaskRun', async (type, text) => {
    const run = await runSpec(room.path, { results: [{ name: 'r', type }], steps: [write(text)] });
    expect(run.condition).toEqual([
      'False',
      'TaskRunValidationFailed',
      `[User error] Provided results don't match declared results; may be invalid JSON or missing result declaration:  "r": task result is expected to be "${type}" type but was initialized to a different type "string"`,
    ]);
  });

  test('an object without one of its keys fails the TaskRun', async () => {
    const properties = { k: { type: 'string' }, l: { type: 'string' } } as const;
    const run = await runSpec(room.path, {
      results: [{ name: 'r', type: 'object', properties }],
      steps: [write('{"k":"v"}')],
    });
    expect(run.condition).toEqual([
      'False',
      'TaskRunValidationFailed',
      "[User error] missing keys for these results which are required in TaskResult's properties map[r:[l]]",
    ]);
  });

  test('a result from a step', async () => {
    const run = await runSpec(room.path, {
      results: [{ name: 'r', type: 'string', value: '$(steps.make.results.s)' }],
      steps: [{ ...script('make', 'printf x > $(step.results.s.path)'), results: [{ name: 's', type: 'string' }] }],
    });
    expect(run.status.results).toEqual([{ name: 'r', type: 'string', value: 'x' }]);
  });

  test('more than fits into a termination message fails the step, and the next one still runs', async () => {
    const run = await runSpec(room.path, {
      results: [{ name: 'r', type: 'string' }],
      steps: [script('large', 'head -c 4096 /dev/zero | tr "\\0" x > $(results.r.path)'), script('next', 'echo next')],
    });
    expect(run.printed('large')).toEqual([
      'Termination message is above max allowed size 4096, caused by large task result.',
    ]);
    expect(run.printed('next')[0]).toBe('next');
    expect(run.condition).toEqual(['False', 'StepFailed', '"step-large" exited with code 1: Error']);
    expect(run.status.results).toBeUndefined();
  });

  test('a pipe or a link in place of a result is no result', async () => {
    const run = await runSpec(room.path, {
      results: [
        { name: 'pipe', type: 'string' },
        { name: 'link', type: 'string' },
      ],
      steps: [script('trick', 'mkfifo $(results.pipe.path); ln -s /etc/passwd $(results.link.path)')],
    });
    expect(run.condition).toEqual(succeeded);
    expect(run.status.results).toBeUndefined();
  });
});

describe('workspaces and volumes', () => {
  const bind = async (name: string, files: Readonly<Record<string, string>> = {}) => {
    const directory = join(room.path, name);
    await mkdir(directory, { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text);
    return { directory, readOnly: false, secret: false };
  };

  test('a workspace is at its path, and an optional one without a binding has none', async () => {
    const source = await bind('source', { file: 'text\n' });
    const run = await runSpec(
      room.path,
      {
        workspaces: [{ name: 'source' }, { name: 'other', mountPath: '/other' }, { name: 'none', optional: true }],
        steps: [
          script(
            'show',
            'cat $(workspaces.source.path)/file; echo $(workspaces.source.path) $(workspaces.other.path) "[$(workspaces.none.path)]" $(workspaces.none.bound); touch /other/new',
          ),
        ],
      },
      { workspaces: { source, other: await bind('other') } },
    );
    expect(run.printed('show')).toEqual(['text', '/workspace/source /other [] false']);
    expect(await readFile(join(room.path, 'other/new'), 'utf8')).toBe('');
  });

  test('a read-only workspace cannot be written', async () => {
    const run = await runSpec(
      room.path,
      { workspaces: [{ name: 'w', readOnly: true }], steps: [script('try', 'touch $(workspaces.w.path)/x')] },
      { workspaces: { w: await bind('read-only') } },
    );
    expect(run.printed('try')[0]).toMatch(/Read-only file system/u);
  });

  test('a workspace that one step asks for is only in that step', async () => {
    const run = await runSpec(
      room.path,
      {
        workspaces: [{ name: 'w' }],
        steps: [
          {
            ...script('with', 'cat /mine/key; echo $(workspaces.w.path)'),
            workspaces: [{ name: 'w', mountPath: '/mine' }],
          },
          script('without', 'ls -d /mine /workspace/w || true'),
        ],
      },
      { workspaces: { w: await bind('isolated', { key: 'isolated\n' }) } },
    );
    expect(run.printed('with')).toEqual(['isolated', '/mine']);
    expect(run.printed('without').join()).toMatch(/No such file.*No such file/u);
  });

  test('volumes: emptyDir with a subPath, and one below a directory of this machine', async () => {
    const run = await runSpec(
      room.path,
      {
        volumes: [
          { name: 'empty', emptyDir: {} },
          { name: 'config', configMap: { name: 'c' } },
        ],
        steps: [
          {
            ...script('write', 'echo x > /data/file'),
            volumeMounts: [{ name: 'empty', mountPath: '/data', subPath: 'a/b' }],
          },
          {
            ...script('read', 'cat /data/a/b/file /etc/some/config/key; test -e /etc/passwd && echo passwd'),
            volumeMounts: [
              { name: 'empty', mountPath: '/data', readOnly: true },
              { name: 'config', mountPath: '/etc/some/config' },
            ],
          },
        ],
      },
      { volumes: { config: { ...(await bind('config', { key: 'value\n' })), readOnly: true } } },
    );
    expect(run.printed('read')).toEqual(['x', 'value', 'passwd']);
  });

  test('a subPath does not lead out of its volume, not even through a link that a step made', async () => {
    const volume = await bind('links');
    const mount = (subPath: string) => ({
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'v' } }],
      steps: [{ ...script('s', 'ln -s /etc /v/out'), volumeMounts: [{ name: 'v', mountPath: '/v', subPath }] }],
    });
    await runSpec(room.path, mount('in'), { volumes: { v: volume } });
    for (const subPath of ['../..', 'in/out']) {
      await expect(runSpec(room.path, mount(subPath), { volumes: { v: volume } })).rejects.toThrow(/leads out/u);
    }
  });

  test('values of secrets are masked, line by line, but for short ones', async () => {
    const secret = { ...(await bind('secret', { token: 'hunter22\nsecond line\nabc\n' })), secret: true };
    const run = await runSpec(
      room.path,
      { workspaces: [{ name: 's' }], steps: [script('leak', 'cat $(workspaces.s.path)/token; echo x-hunter22-y')] },
      { workspaces: { s: secret } },
    );
    expect(run.printed('leak')).toEqual(['***', '***', 'abc', 'x-***-y']);
  });

  test('variables from ConfigMaps and Secrets', async () => {
    const { directory } = await bind('settings', { colour: 'red', size: 'xl' });
    const run = await runSpec(
      room.path,
      {
        steps: [
          {
            ...script('show', 'echo $P_colour $SIZE $NONE. $POD'),
            envFrom: [{ prefix: 'P_', configMapRef: { name: 'settings' } }],
            env: [
              { name: 'SIZE', valueFrom: { secretKeyRef: { name: 'settings', key: 'size' } } },
              { name: 'NONE', valueFrom: { secretKeyRef: { name: 'none', key: 'size', optional: true } } },
              { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            ],
          },
        ],
      },
      { configMaps: { settings: directory }, secrets: { settings: directory } },
    );
    expect(run.printed('show')).toEqual(['red xl . run-pod']);
  });
});

test('a program that this machine lacks is named, with its step and image', async () => {
  const image = 'docker.io/library/jq:1.8';
  const run = await runSpec(room.path, {
    steps: [
      { name: 'inside', image, script: 'no-such-program --version', onError: 'continue' },
      { name: 'first', image, command: ['no-such-program'] },
    ],
  });
  const said = (step: string) =>
    `op: the step ${step} wants no-such-program, which this machine does not have; on a cluster it runs in ${image}. Install no-such-program, or look into the image: docker run --rm -it --entrypoint sh ${image}`;
  expect(run.printed('inside').at(-1)).toBe(said('inside'));
  expect(run.printed('first')).toEqual([said('first')]);
  expect(run.condition).toEqual(['False', 'StepFailed', '"step-first" exited with code 1: Error']);
});

test('what cannot be done is refused before anything runs, even if a variable hides it', async () => {
  const spec = { params: [], steps: [script('first', 'echo ran'), { name: 'second', image: '$(params.image)' }] };
  const parts = { params: { image: 'golang' }, hostImage: (image: string) => (image === 'bash' ? {} : undefined) };
  await expect(runSpec(room.path, spec, parts)).rejects.toMatchObject({
    kind: 'refused',
    why: 'spec.steps[1].image: golang is not known to be this machine',
  });
});

test('a retry starts with empty directories', async () => {
  const directory = join(room.path, 'retried');
  const spec = { steps: [script('once', 'mkdir /workspace/x; touch ~/x; echo $(context.task.retry-count)')] };
  for (const retryCount of [0, 1, 2]) {
    const run = await runSpec(room.path, spec, { directory, retryCount });
    expect(run.condition).toEqual(succeeded);
    expect(run.printed('once')).toEqual([`${retryCount}`]);
    expect(run.status.podName).toBe(retryCount === 0 ? 'run-pod' : `run-pod-retry${retryCount}`);
  }
});

test('what a step prints to its two outputs arrives in order', async () => {
  const text = 'for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done';
  const run = await runSpec(room.path, { steps: [script('both', text)] });
  expect(run.printed('both')).toEqual([1, 2, 3, 4, 5].flatMap((i) => [`out ${i}`, `err ${i}`]));
});

test('a program of PATH is found although it is below /tmp, which is empty in a step', async () => {
  const tools = join(room.path, 'tools');
  await mkdir(tools);
  await writeFile(join(tools, 'greet'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
  const path = `${join(room.path, 'nothing')}:${tools}:${process.env.PATH}`;
  const run = await runSpec(room.path, { steps: [script('call', 'greet; ls /tmp')] }, { path });
  expect([run.condition, run.printed('call')[0]]).toEqual([succeeded, 'hello']);
  expect(room.path).toMatch(/^\/tmp\//u);
});

test('only op itself can write to the store of the run: no script of its image, no other image, no variables', async () => {
  const store = join(room.path, 'store');
  const image = 'registry.example.com/octopipeline:1';
  const looks = 'echo "store: $OP_STORE"; ls ${store} || true';
  const { printed } = await runSpec(
    room.path,
    {
      steps: [
        { name: 'script', image, script: looks },
        { name: 'command', image, command: ['sh', '-c', looks] },
        script('other', looks),
      ],
    },
    { store },
  );
  for (const step of ['script', 'command', 'other']) expect(printed(step)[0]).toBe('store: ');
  const publish = { image, args: ['publish'] };
  expect(usesStore(publish)).toBe(true);
  expect(usesStore({ ...publish, env: [{ name: 'NODE_OPTIONS', value: '--require=/workspace/w/mine.cjs' }] })).toBe(
    false,
  );
  expect(usesStore({ ...publish, envFrom: [{ configMapRef: { name: 'mine' } }] })).toBe(false);
});

test('a shell opens in the files and environment of a failed step', async () => {
  const spec = {
    steps: [{ ...script('fail', 'echo text > /workspace/file; exit 1'), env: [{ name: 'COLOUR', value: 'red' }] }],
  };
  const request = await requestFor(room.path, spec);
  await runSpec(room.path, spec, { directory: request.directory });
  const { context } = testContext({ env: { PATH: process.env.PATH } });
  const shell = await enterStep(context, request, 'fail', ['sh', '-c', 'cat /workspace/file; echo $COLOUR']);
  if (shell === undefined) throw new Error('no such step');
  const { program, args, env, cwd } = shell;
  expect(execFileSync(program, args, { env, cwd, encoding: 'utf8' })).toBe('text\nred\n');
  expect(await enterStep(context, request, 'other', ['sh'])).toBeUndefined();
});

test('states of steps are told as they start and end', async () => {
  const run = await runSpec(room.path, { steps: [script('only', 'true')] });
  expect(run.states).toMatchObject([
    { name: 'only', running: {} },
    { name: 'only', terminated: { exitCode: 0 } },
  ]);
});

test.each(['alpine:3', 'mirror.gcr.io/busybox'])('in %s, sh and ash are the shell of that image', async (image) => {
  const text = '[ a == a ] && [[ b == b ]] && echo "$1\\n"';
  const run = await runSpec(room.path, {
    steps: [
      { name: 'plain', image, script: text, args: ['plain'] },
      { name: 'by-path', image, script: `#!/bin/ash\n${text}`, args: ['by-path'] },
      { name: 'by-name', image, script: `#!/usr/bin/env ash\n${text}`, args: ['by-name'] },
      { name: 'command', image, command: ['/bin/ash', '-c', text, 'sh', 'command'] },
    ],
  });
  expect(run.lines.map((line) => line.text)).toEqual(['plain\\n', 'by-path\\n', 'by-name\\n', 'command\\n']);
});

test('a step is found by its number, and the volume of a workspace by its name', async () => {
  const directory = await mkdtemp(join(room.path, 'workspace-'));
  await mkdir(join(directory, 'sub'));
  const mount = { name: '$(workspaces.w.volume)', mountPath: '/whole' };
  const run = await runSpec(
    room.path,
    {
      workspaces: [{ name: 'w' }],
      steps: [
        { ...script('first', 'echo here > $(workspaces.w.path)/file; exit 3'), onError: 'continue' },
        { ...script('second', 'cat /tekton/steps/0/exitCode; echo; cat /whole/sub/file'), volumeMounts: [mount] },
      ],
    },
    { workspaces: { w: { directory: join(directory, 'sub'), readOnly: false, secret: false, volume: directory } } },
  );
  expect(run.lines.map(({ text }) => text)).toEqual(['3', 'here']);
});
