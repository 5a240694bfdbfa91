import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeHome, pipelineRunOf } from '../../../test/local/local-run.js';
import { bundledOp, type Op } from '../../../test/op/run-op.js';

let op: Op;
beforeAll(async () => {
  op = await bundledOp([]);
});
afterAll(() => op.dispose());

const until = async (look: () => Promise<boolean>) => {
  for (let tries = 0; tries < 200; tries++) {
    if (await look().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not happen in ten seconds');
};

const running = async (mark: string) => {
  const { stdout } = await execa('pgrep', ['-f', mark], { reject: false });
  return stdout.split('\n').filter(Boolean).length;
};

test('a run whose op was killed leaves no process, is shown as such, and goes on with what succeeded', async () => {
  await using home = await makeHome();
  const mark = `3${process.pid}.25`;
  const slow = `if [ -e $(workspaces.w.path)/again ]; then echo second; exit 0; fi; touch $(workspaces.w.path)/again; echo go; sleep ${mark}`;
  const tasks = { first: { script: 'echo once' }, slow: { script: slow, more: { runAfter: ['first'] } } };
  await writeFile(join(home.path, 'p.yaml'), pipelineRunOf(tasks, {}, { workspaces: [{ name: 'w' }] }));
  const local = (...args: string[]) => op.run(home.path, ['local', ...args, `--state=${home.path}/state`]);
  const child = execa(
    'node',
    [op.file, 'local', 'start', 'p.yaml', '-w', 'name=w,volumeClaimTemplate=', `--state=${home.path}/state`],
    {
      cwd: home.path,
      reject: false,
    },
  );
  const output = join(home.path, 'state/runs/run/output.log');
  await until(async () => (await readFile(output, 'utf8')).includes('go'));
  await until(async () => (await running(mark)) > 0);
  expect((await local('list')).stdout).toContain('Running');
  child.kill('SIGKILL');
  await child;
  await until(async () => (await running(mark)) === 0);
  expect((await local('list')).stdout).toMatch(/run +PipelineRun .*ExecutorDied/u);
  expect((await local('describe', 'run')).stdout).toContain('rerun --failed goes on');
  const again = await local('rerun', '--failed', 'run');
  expect(again.stderr).toContain('Tasks Completed: 2 (Failed: 0, Cancelled 0), Skipped: 0');
  expect(again.stdout).toContain('[slow : main] second');
  expect(again.stdout).not.toContain('once');
  expect((await local('logs', 'run')).stdout).toContain('[first : main] once\n[slow : main] go\n[slow : main] second');
  expect(again.exitCode).toBe(0);
}, 60_000);

test('two runs of one Pipeline at the same time have names and directories of their own', async () => {
  await using home = await makeHome();
  const pipeline = JSON.parse(pipelineRunOf({ a: { script: 'sleep 0.3; echo done' } }));
  const document = { ...pipeline, kind: 'Pipeline', metadata: { name: 'p' }, spec: pipeline.spec.pipelineSpec };
  await writeFile(join(home.path, 'p.yaml'), JSON.stringify(document));
  const start = () => op.run(home.path, ['local', 'start', 'p.yaml', `--state=${home.path}/state`]);
  const ended = await Promise.all([start(), start()]);
  expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(await readdir(join(home.path, 'state/runs'))).toHaveLength(2);
});

test('a run with a name that is taken is refused; exit codes say how a run ended', async () => {
  await using home = await makeHome();
  const write = (script: string, pipeline = '1m') =>
    writeFile(join(home.path, 'p.yaml'), pipelineRunOf({ a: { script } }, {}, {}, { timeouts: { pipeline } }));
  const local = (...args: string[]) => op.run(home.path, ['local', ...args, `--state=${home.path}/state`]);
  await write('exit 1');
  expect((await local('start', 'p.yaml')).exitCode).toBe(4);
  const taken = await local('start', 'p.yaml');
  expect([taken.exitCode, taken.stderr]).toEqual([3, expect.stringContaining('there is a run run already')]);
  expect((await local('delete', 'run')).exitCode).toBe(0);
  await write('sleep 20', '2s');
  expect((await local('start', 'p.yaml')).exitCode).toBe(5);
  expect((await local('delete', 'run')).exitCode).toBe(0);
  await write('true');
  const { stdout, exitCode } = await local('start', 'p.yaml', '--output=json');
  expect([exitCode, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ kind: 'PipelineRun' })]);
}, 60_000);

test('Ctrl-C cancels the run, writes that down, and ends with 130', async () => {
  await using home = await makeHome();
  const mark = `4${process.pid}.25`;
  await writeFile(join(home.path, 'p.yaml'), pipelineRunOf({ a: { script: `echo go >&2; sleep ${mark}` } }));
  const child = execa('node', [op.file, 'local', 'start', 'p.yaml', `--state=${home.path}/state`], {
    cwd: home.path,
    reject: false,
  });
  await until(async () => (await running(mark)) > 0);
  child.kill('SIGINT');
  expect((await child).exitCode).toBe(130);
  expect(await running(mark)).toBe(0);
  const { stdout } = await op.run(home.path, ['local', 'list', `--state=${home.path}/state`]);
  expect(stdout).toMatch(/run +PipelineRun .*Cancelled/u);
}, 30_000);

test('a directory of the user is copied with .git, and never written', async () => {
  await using home = await makeHome();
  const repository = join(home.path, 'repository');
  await execa('git', ['init', '--quiet', repository]);
  await writeFile(join(repository, 'file'), 'mine\n');
  const script = 'cd $(workspaces.w.path); ls -A; echo theirs > file; touch new';
  await writeFile(join(home.path, 'p.yaml'), pipelineRunOf({ a: { script } }, {}, { workspaces: [{ name: 'w' }] }));
  const run = await op.run(home.path, [
    'local',
    'start',
    'p.yaml',
    '-w',
    'w=repository',
    `--state=${repository}/state`,
  ]);
  expect(run.stdout).toContain('[a : main] .git\n[a : main] file\n');
  expect(await readFile(join(repository, 'file'), 'utf8')).toBe('mine\n');
  expect((await readdir(repository)).toSorted()).toEqual(['.git', 'file', 'state']);
});

test('the directory of a run whose op was killed before it wrote anything can be deleted', async () => {
  await using home = await makeHome();
  const local = (...args: string[]) => op.run(home.path, ['local', ...args, `--state=${home.path}/state`]);
  await writeFile(join(home.path, 'p.yaml'), pipelineRunOf({ a: { script: 'true' } }));
  await mkdir(join(home.path, 'state/runs/run'), { recursive: true });
  const { exitCode, stderr } = await local('start', 'p.yaml');
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('op local delete run')]);
  expect((await local('delete', 'run')).exitCode).toBe(0);
  expect((await local('start', 'p.yaml')).exitCode).toBe(0);
  expect((await local('delete', '..')).exitCode).toBe(3);
}, 60_000);

test('a full disk and a read-only workspace fail the step that writes, and the run says so', async () => {
  await using home = await makeHome();
  const local = (...args: string[]) => op.run(home.path, ['local', ...args, `--state=${home.path}/state`]);
  const full = { name: 'full', image: 'bash', script: 'echo much > /dev/full' };
  const fixed = { name: 'fixed', image: 'bash', onError: 'continue', script: 'touch $(workspaces.w.path)/x' };
  const taskSpec = { workspaces: [{ name: 'w', readOnly: true }], steps: [fixed, full] };
  const spec = { workspaces: [{ name: 'w', emptyDir: {} }], taskSpec };
  const run = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name: 'run' }, spec };
  await writeFile(join(home.path, 'p.yaml'), JSON.stringify(run));
  const { exitCode, stdout, stderr } = await local('start', 'p.yaml');
  expect([exitCode, stderr]).toEqual([4, expect.stringContaining('"step-full" exited with code 1')]);
  expect(stdout).toMatch(/Read-only file system[\s\S]*No space left on device/u);
}, 60_000);
