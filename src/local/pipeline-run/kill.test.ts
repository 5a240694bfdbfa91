import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeHome, pipelineRunOf } from '../../../test/local/local-run.js';
import { bundledOp, type Op } from '../../../test/op/run-op.js';

let op: Op;
beforeAll(async () => {
  op = await bundledOp([]);
});
afterAll(() => op.dispose());

/** All processes that a process has started, and those that they have. */
async function descendantsOf(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/u.test(name) ? await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') : '';
    const [, parent] = /\) \S (\d+) /u.exec(stat) ?? [];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const under = (one: number): boolean => {
    const parent = parents.get(one);
    return parent !== undefined && (parent === pid || under(parent));
  };
  return [...parents.keys()].filter(under);
}

async function gone(mark: string): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    const { stdout } = await execa('pgrep', ['-f', `^sleep ${mark}$`], { reject: false });
    if (stdout === '') return true;
    await delay(50);
  }
  return false;
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** A run that waits for the file `gate`, and whose steps all leave a process behind. */
const waiting = (mark: string) => {
  const leave = `setsid sleep ${mark} & echo once >> $(workspaces.w.path)/$(context.taskRun.name)`;
  const wait = `${leave}; until [ -e $(workspaces.w.path)/gate ]; do sleep 0.05; done`;
  const after = (...names: string[]) => ({ more: { runAfter: names } });
  return pipelineRunOf(
    {
      first: { script: leave },
      second: { script: leave, ...after('first') },
      beside: { script: wait },
      last: { script: wait, ...after('second') },
    },
    {},
    { workspaces: [{ name: 'w' }] },
  );
};

/** Kills a run again and again; it goes on with what has succeeded, and ends well when nobody kills it. */
async function endures(number: number, kills: number): Promise<void> {
  await using home = await makeHome();
  const mark = `2${process.pid}.${number}`;
  await writeFile(join(home.path, 'p.yaml'), waiting(mark));
  const state = `--state=${home.path}/state`;
  const directory = join(home.path, 'state/runs/run');
  const local = (...args: string[]) => op.run(home.path, ['local', ...args, state]);
  const start = async (): Promise<readonly string[]> => {
    if (existsSync(join(directory, 'pipelinerun.yaml'))) return ['rerun', '--failed', 'run'];
    // It was killed before it had begun.
    if (existsSync(directory)) expect((await local('delete', 'run')).exitCode).toBe(0);
    return ['start', 'p.yaml', '-w', 'name=w,volumeClaimTemplate='];
  };
  for (let time = 0; time < kills; time++) {
    const child = execa('node', [op.file, 'local', ...(await start()), state], { cwd: home.path, reject: false });
    await delay(Math.random() * 2000);
    const steps = time % 2 === 0 ? [] : await descendantsOf(child.pid ?? 0);
    const step = steps[Math.floor(Math.random() * steps.length)];
    kill(step);
    // A run goes on when what was killed was not waited for.
    if (step !== undefined) await Promise.race([child, delay(500)]);
    kill(child.pid);
    await child;
    expect(await gone(mark)).toBe(true);
    const { exitCode, stdout } = await local('list');
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/ExecutorDied|Failed|no runs/u)]);
  }
  const args = await start();
  const workspace = join(directory, 'workspaces/w');
  const child = execa('node', [op.file, 'local', ...args, state], { cwd: home.path, reject: false });
  while (!existsSync(workspace)) await delay(20);
  await writeFile(join(workspace, 'gate'), '');
  const { exitCode, stderr } = await child;
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('Tasks Completed: 4 (Failed: 0, Cancelled 0)')]);
  expect(await gone(mark)).toBe(true);
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(home.path);
}

test('runs that are killed 30 times at random, as a whole or a process of a step, leave nothing behind, lose nothing, and go on', async () => {
  await Promise.all([1, 2, 3, 4, 5, 6].map((number) => endures(number, 5)));
  expect(await readdir(op.temporary)).toEqual([]);
}, 240_000);
