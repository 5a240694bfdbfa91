import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ends, makeRoom, requestFor, runSpec, script } from '../../../test/local/task-run.js';
import { testContext } from '../../../test/op/test-context.js';
import { runTask } from './run-task.js';

let room: Awaited<ReturnType<typeof makeRoom>>;
beforeAll(async () => {
  room = await makeRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

/** The process whose command line has a mark, as this machine sees it: a step only knows its number inside. */
async function pidOf(mark: string): Promise<number> {
  for (let tried = 0; tried < 200; tried++) {
    try {
      return Number(execFileSync('pgrep', ['-f', '-o', `^sleep ${mark}$`], { encoding: 'utf8' }));
    } catch {
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  throw new Error(`no process sleeps for ${mark}`);
}

let marks = 0;
const nextMark = () => `${100_000 + ((process.pid * 100 + marks++) % 900_000)}`;

test('what a step leaves running ends with it, even in a session of its own, and keeps nobody waiting', async () => {
  const mark = nextMark();
  const started = Date.now();
  const text = `setsid sh -c 'sleep ${mark}' & sleep 0.5; echo done`;
  const running = runSpec(room.path, { steps: [script('leave', text), script('next', 'echo next')] });
  const pid = await pidOf(mark);
  const run = await running;
  expect(run.lines.map((line) => line.text)).toEqual(['done', 'next']);
  expect(Date.now() - started).toBeLessThan(10_000);
  expect(await ends(pid)).toBe(true);
});

test('a step that ignores SIGTERM is killed', async () => {
  const mark = nextMark();
  const text = `trap '' TERM\nsleep ${mark} & wait; wait`;
  const running = runSpec(room.path, { steps: [{ ...script('deaf', text), timeout: '500ms' }] });
  const pid = await pidOf(mark);
  expect((await running).condition[1]).toBe('StepFailed');
  expect(await ends(pid)).toBe(true);
}, 20_000);

test.each(['namespaces', 'variables'] as const)(
  'with %s, steps die when op is killed with SIGKILL',
  async (isolation) => {
    const mark = nextMark();
    const request = await requestFor(room.path, { steps: [script('long', `sleep ${mark}`)] }, { isolation });
    const { hostImage: _, ...plain } = request;
    const file = join(room.path, 'request.json');
    await writeFile(file, JSON.stringify(plain));
    const program = `
    import { readFileSync } from 'node:fs';
    import { runTask } from './src/local/task-run/run-task.js';
    import { testContext } from './test/op/test-context.js';
    const { context } = testContext({ env: { PATH: process.env.PATH } });
    await runTask(context, JSON.parse(readFileSync(process.argv[1] ?? '', 'utf8')), { line() {}, step() {} });
  `;
    const op = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program, file], {
      stdio: 'inherit',
    });
    const pid = await pidOf(mark);
    op.kill('SIGKILL');
    await once(op, 'exit');
    expect(await ends(pid)).toBe(true);
  },
  30_000,
);

test('10 MB in one line arrive in pieces, and nothing is lost', async () => {
  const text = 'head -c 10000000 /dev/zero | tr "\\0" x; echo; echo end';
  const run = await runSpec(room.path, { steps: [script('long', text)] });
  const lines = run.printed('long');
  expect(lines.at(-1)).toBe('end');
  expect(lines.reduce((length, line) => length + line.length, 0)).toBe(10_000_003);
  expect(lines.length).toBeLessThan(100);
});

test('a secret in a very long line is masked, wherever the line is cut', async () => {
  const directory = join(room.path, 'secret');
  await mkdir(directory);
  await writeFile(join(directory, 'key'), 'correct-horse-battery');
  const text = 'i=0; while [ $i -lt 60000 ]; do printf "%s." correct-horse-battery; i=$((i+1)); done';
  const run = await runSpec(
    room.path,
    { workspaces: [{ name: 's' }], steps: [script('long', text)] },
    { workspaces: { s: { directory, readOnly: true, secret: true } } },
  );
  expect(run.printed('long').join('')).toBe('***.'.repeat(60_000));
});

test('binary output, and many lines, are passed on', async () => {
  const text = 'head -c 300000 /dev/urandom; echo; echo; seq 100000';
  const run = await runSpec(room.path, { steps: [script('binary', text)] });
  expect(run.printed('binary').slice(-100_001)[0]).toBe('');
  expect(run.printed('binary').at(-1)).toBe('100000');
});

test('two TaskRuns of one Task at once do not meet', async () => {
  const spec = {
    steps: [script('a', 'echo $$ > /workspace/x; echo x > /tmp/x; sleep 0.3; ls /workspace /tmp | sort | xargs')],
  };
  const runs = await Promise.all([1, 2, 3].map(() => runSpec(room.path, spec)));
  for (const run of runs) expect(run.printed('a')).toEqual(['/tmp: /workspace: x x']);
});

const sidecar = (parts: object) => ({ name: 'helper', image: 'bash', ...parts });

test('steps wait until a sidecar is ready, and it is stopped after them', async () => {
  const mark = nextMark();
  const shared = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };
  const run = await runSpec(room.path, {
    volumes: [{ name: 'shared', emptyDir: {} }],
    sidecars: [
      sidecar({
        ...shared,
        script: `sleep 0.7; echo served > /shared/file; echo up; sleep ${mark}`,
        readinessProbe: { exec: { command: ['test', '-e', '/shared/file'] }, periodSeconds: 1 },
      }),
    ],
    steps: [{ ...script('use', 'cat /shared/file; ls /workspace'), ...shared }],
  });
  expect(run.printed('use')).toEqual(['served']);
  expect(run.printed('helper')).toEqual(['up']);
  expect(run.condition[1]).toBe('Succeeded');
  expect(run.status.sidecars).toMatchObject([
    {
      name: 'helper',
      container: 'sidecar-helper',
      terminated: { reason: 'Completed', message: 'Sidecar container successfully stopped by nop image' },
    },
  ]);
});

test.each(['httpGet', 'tcpSocket'] as const)('a sidecar that serves is ready by its %s probe', async (kind) => {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const server = `#!${process.execPath}\nsetTimeout(() => require('node:http').createServer((_, answer) => answer.end('hello')).listen(${port}, '127.0.0.1'), 700)`;
  const run = await runSpec(room.path, {
    sidecars: [sidecar({ script: server, readinessProbe: { [kind]: { port }, periodSeconds: 1 } })],
    steps: [
      script('ask', `#!${process.execPath}\nfetch('http://127.0.0.1:${port}').then((a) => a.text()).then(console.log)`),
    ],
  });
  expect(run.printed('ask')).toEqual(['hello']);
});

test('a sidecar is the first process of its container, as in a pod', async () => {
  const text = 'read -r process rest </proc/self/stat; echo $process; sleep 60';
  const run = await runSpec(room.path, { sidecars: [sidecar({ script: text })], steps: [script('step', 'true')] });
  expect(run.printed('helper')).toEqual(['1']);
  expect(run.condition[1]).toBe('Succeeded');
}, 15_000);

test('a sidecar that fails makes the TaskRun fail', async () => {
  const run = await runSpec(room.path, {
    sidecars: [sidecar({ script: 'exit 4' })],
    steps: [script('step', 'echo step')],
  });
  expect(run.printed('step')).toEqual(['step']);
  expect(run.condition).toEqual(['False', 'SidecarFailed', '"sidecar-helper" exited with code 4: Error']);
});

test('a TaskRun that waits for a sidecar that is never ready times out', async () => {
  const readinessProbe = { exec: { command: ['false'] }, periodSeconds: 1 };
  const run = await runSpec(
    room.path,
    { sidecars: [sidecar({ script: 'sleep 60', readinessProbe })], steps: [script('step', 'echo step')] },
    { timeoutMs: 1000 },
  );
  expect(run.lines).toEqual([]);
  expect(run.condition[1]).toBe('TaskRunTimeout');
});

test('without namespaces, variables point into the directory of the TaskRun', async () => {
  const run = await runSpec(
    room.path,
    {
      results: [{ name: 'r', type: 'string' }],
      workspaces: [{ name: 'w' }],
      volumes: [{ name: 'tmp', emptyDir: {} }],
      steps: [
        {
          ...script(
            'write',
            'echo text > $(workspaces.w.path)/file; printf x > $(results.r.path); touch "$TMPDIR/t" "$HOME/h"',
          ),
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        },
        script('read', 'cat $(workspaces.w.path)/file; ls "$HOME"; pwd'),
      ],
    },
    {
      isolation: 'variables',
      workspaces: { w: { directory: join(room.path, 'secret'), readOnly: false, secret: false } },
    },
  );
  expect(run.printed('read').slice(0, 2)).toEqual(['text', 'h']);
  expect(run.status.results).toEqual([{ name: 'r', type: 'string', value: 'x' }]);
  expect(await readFile(join(room.path, 'secret/file'), 'utf8')).toBe('text\n');
});

test('without namespaces, what a step leaves in its process group ends with it, and the rest keeps nobody waiting', async () => {
  const [grouped, left] = [nextMark(), nextMark()];
  const text = `sleep ${grouped} &\nsetsid sleep ${left} & sleep 0.5; echo done`;
  const running = runSpec(room.path, { steps: [script('leave', text)] }, { isolation: 'variables' });
  const [inGroup, outside] = [await pidOf(grouped), await pidOf(left)];
  expect((await running).printed('leave')).toEqual(['done']);
  expect(await ends(inGroup)).toBe(true);
  process.kill(outside, 'SIGKILL');
});

test('a program whose output looks like that of bwrap is run once', async () => {
  const text = `echo "bwrap: Can't bind mount x"; echo x >> /workspace/file; exit 1`;
  const run = await runSpec(room.path, {
    steps: [{ ...script('odd', text), onError: 'continue' }, script('look', 'cat /workspace/file')],
  });
  expect(run.printed('odd')).toEqual(["bwrap: Can't bind mount x"]);
  expect(run.printed('look')).toEqual(['x']);
});

test('bwrap gives up when another program unmounts something just then: it is tried again, and its words are not the output', async () => {
  const directory = join(room.path, 'bin');
  await mkdir(directory);
  const real = execFileSync('sh', ['-c', 'command -v bwrap'], { encoding: 'utf8' }).trim();
  const twice = `#!/bin/sh
echo x >>${directory}/tried
[ "$(wc -l <${directory}/tried)" -gt 2 ] && exec ${real} "$@"
echo "bwrap: Can't bind mount /oldroot/a on /newroot/a: Unable to apply mount flags: No such file or directory" >&2
exit 1
`;
  await writeFile(join(directory, 'bwrap'), twice, { mode: 0o755 });
  const request = await requestFor(room.path, { steps: [script('say', 'echo said')] }, { isolation: 'namespaces' });
  const lines: string[] = [];
  const { context } = testContext({ env: { PATH: `${directory}:${process.env.PATH}` } });
  const status = await runTask(context, request, { line: ({ text }) => lines.push(text), step: () => undefined });
  expect(lines).toEqual(['said']);
  expect(status.conditions[0].reason).toBe('Succeeded');
  expect(await readFile(join(directory, 'tried'), 'utf8')).toBe('x\nx\nx\n');
});

test('a step that bwrap did not start has failed, even if bwrap says that all is well', async () => {
  const directory = join(room.path, 'silent');
  await mkdir(directory);
  await writeFile(join(directory, 'bwrap'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const spec = { steps: [{ ...script('never', 'echo started'), onError: 'continue' }, script('next', 'echo next')] };
  const request = await requestFor(room.path, spec, { isolation: 'namespaces' });
  const lines: string[] = [];
  const { context } = testContext({ env: { PATH: `${directory}:${process.env.PATH}` } });
  const status = await runTask(context, request, { line: ({ text }) => lines.push(text), step: () => undefined });
  expect(lines).toEqual(['op: the step never cannot start: bwrap ended without a word']);
  expect(status.conditions[0].reason).toBe('StepFailed');
});

test('a step cannot make op write or wait outside of its TaskRun', async () => {
  const precious = join(room.path, 'precious');
  await writeFile(precious, 'precious');
  const workspace = join(room.path, 'linked');
  await mkdir(workspace);
  await symlink(room.path, join(workspace, 'out'));
  const run = await runSpec(
    room.path,
    {
      workspaces: [{ name: 'w' }],
      steps: [
        {
          ...script('trick', `ln -s ${precious} /tekton/steps/step-trick/exitCode; mkfifo $(step.results.r.path)`),
          results: [{ name: 'r', type: 'string' }],
        },
        { ...script('read', 'echo read'), env: [{ name: 'A', value: '$(steps.trick.results.r)' }] },
        { ...script('deep', 'pwd'), workingDir: '$(workspaces.w.path)/out/made' },
      ],
    },
    { workspaces: { w: { directory: workspace, readOnly: false, secret: false } } },
  );
  expect(await readFile(precious, 'utf8')).toBe('precious');
  expect(run.printed('read')).toEqual(['op: $(steps.trick.results.r) was not written', 'read']);
  expect(await readdir(room.path)).not.toContain('made');
});
