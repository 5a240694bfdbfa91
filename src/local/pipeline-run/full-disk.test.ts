import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { pipelineRunOf } from '../../../test/local/local-run.js';
import { bundledOp, type Op } from '../../../test/op/run-op.js';
import { isCompiled } from '../../op/kit/process/compiled.js';

/** The size of the disk of these tests in kB. */
const disk = 4096;

let op: Op;
/** What a run's copy of op takes of it, with what V8 made of op. */
let copy: number;
let room: string;
beforeAll(async () => {
  op = await bundledOp([]);
  await op.run(op.home, ['config']);
  const folder = dirname(op.file);
  const files = [op.file, ...(await readdir(folder)).filter(isCompiled).map((name) => join(folder, name))];
  const sizes = await Promise.all(files.map(async (file) => Math.ceil((await stat(file)).size / 4096) * 4));
  copy = sizes.reduce((sum, size) => sum + size, 0);
  room = await mkdtemp(join(tmpdir(), 'full-disk-'));
});
afterAll(async () => {
  await op.dispose();
  await rm(room, { recursive: true });
});
beforeEach(() => mkdir(join(room, 'disk'), { recursive: true }));

/** Runs a shell script on a small disk in memory, `$DISK`, where `run` is `op local` with its state there. @returns what it printed */
async function onSmallDisk(script: string): Promise<string> {
  const own = `set -u; cd "$DISK/.."; run() { node ${op.file} local "$@" --state="$DISK/state" 2>&1; }\n${script}`;
  const view = ['--dev-bind', '/', '/', '--size', `${disk * 1024}`, '--tmpfs', join(room, 'disk'), '--die-with-parent'];
  const env = { PATH: process.env.PATH, HOME: op.home, DISK: join(room, 'disk') };
  const { stdout } = await execa('bwrap', [...view, '--', 'sh', '-c', own], { env, extendEnv: false, reject: false });
  return stdout;
}

const fill = (free: number) => `head -c ${(disk - free) * 1024} /dev/zero > "$DISK/filler"`;

/** From too little for the plan to enough for all: each place where a file is written is the first that fails in one of them. */
const frees = () => [0, 4, 8, copy, copy + 8, ...Array.from({ length: 9 }, (_, index) => copy + 16 + 8 * index)];

test('a run on a full disk ends with advice and leaves nothing half-written; with space, it is finished', async () => {
  const chain = { a: { script: 'echo a' }, b: { script: 'echo b', more: { runAfter: ['a'] } } };
  await writeFile(join(room, 'p.yaml'), pipelineRunOf(chain));
  const seen = new Set<string>();
  for (const free of frees()) {
    const printed = await onSmallDisk(`
      ${fill(free)}; run start p.yaml > first; echo "first $?"
      find "$DISK/state" -name '*.partial'
      rm "$DISK/filler"
      if [ -d "$DISK/state/runs/run" ]; then run rerun --failed run; else run start p.yaml; fi > second; echo "second $?"
      run logs run`);
    const [first, second] = await Promise.all(['first', 'second'].map((name) => readFile(join(room, name), 'utf8')));
    const done = first?.includes('Tasks Completed: 2 (Failed: 0') === true;
    const begun = first?.includes('rerun --failed run goes on') === true;
    seen.add(done ? 'done' : begun ? 'stopped' : 'not started');
    const [status, ...logs] = [printed.split('\n').slice(0, 2).join(', '), ...printed.split('\n').slice(2)];
    if (done) expect(status, first).toBe('first 0, second 3');
    else {
      expect(first).toMatch(/error: .*: there is no space for its files\n {2}why: .*\n {2}do: {2}free some space/u);
      expect(`${status}\n${second}`).toContain('first 4, second 0');
      expect(second).toContain('Succeeded: Tasks Completed: 2 (Failed: 0, Cancelled 0), Skipped: 0');
    }
    expect(new Set(logs)).toEqual(new Set(['[a : main] a', '[b : main] b']));
  }
  expect([...seen]).toEqual(['not started', 'stopped', 'done']);
}, 240_000);

test('the steps that still work are stopped when op cannot write any more', async () => {
  const mark = `5${process.pid}.25`;
  const unless = (script: string) => ({ script: `[ -e $(workspaces.w.path)/enough ] || ${script}` });
  const tasks = { wait: unless(`sleep ${mark}`), eat: unless('cat /dev/zero > /workspace/all || true') };
  await writeFile(join(room, 'p.yaml'), pipelineRunOf(tasks, {}, { workspaces: [{ name: 'w' }] }));
  const printed = await onSmallDisk(`
    run start p.yaml --parallel=2 -w name=w,claimName=c; echo "first $?"
    pgrep -fx 'sleep ${mark}'
    touch "$DISK"/state/claims/c/enough; rm "$DISK"/state/runs/run/taskruns/*/workspace/all
    run rerun --failed run; echo "second $?"`);
  expect(printed).toMatch(/there is no space for its files[\s\S]*\nfirst 4\n(?!\d)[\s\S]*\nsecond 0$/u);
}, 60_000);
