import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { Interrupted } from '../errors/op-error.js';
import { mustRun, run } from './run.js';

let room: string;
const env = { PATH: process.env.PATH };
const { context } = testContext({ env });
const failing = { what: 'it failed', hint: 'try again' };
/** Starts a grandchild that keeps the output open, as a build script or git's transport does. */
const stubborn = (pidFile: string) => `sleep 300 & echo $! > ${pidFile}; echo started; wait`;

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'run-test-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

const sh = (script: string) => ({ program: 'sh', args: ['-c', script] });
/** A process that has ended but whose exit code was not read yet (state Z) is not alive. */
const isAlive = (pid: number) => {
  try {
    return !/^\d+ \(.*\) Z/u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
const pidIn = async (file: string) => Number((await readFile(file, 'utf8')).trim());
async function untilDead(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 50 && isAlive(pid); attempt++) await new Promise((done) => setTimeout(done, 20));
  return !isAlive(pid);
}

test('an argument arrives unchanged, whatever it contains', async () => {
  const hostile = ['$(id)', '`id`', "it's", '"x"', 'a b', '-x', '', 'line\nbreak', '*', 'ü日本', '\\'];
  const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
  const ended = await run(context, { program: process.execPath, args: ['-e', script, '--', ...hostile] });
  expect(JSON.parse(ended.stdout)).toEqual(hostile);
});

test('output that is not kept may have any length', { timeout: 30_000 }, async () => {
  let lines = 0;
  const much = 'yes 0123456789012345678901234567890123456789012345678901234567890123456789 | head -n 1000000';
  const ended = await run(context, { ...sh(`${much}; exit 3`), keepOutput: false, onLine: () => lines++ });
  expect(ended).toEqual({ exitCode: 3, stdout: '', stderr: '', ended: 'failed' });
  expect(lines).toBe(1_000_000);
});

test('a failing exit code is a value', async () => {
  expect(await run(context, sh('echo out; echo err >&2; exit 7'))).toEqual({
    exitCode: 7,
    stdout: 'out',
    stderr: 'err',
    ended: 'failed',
  });
});

test('the child has the environment of the context and nothing else', async () => {
  const only = testContext({ env: { ...env, KEPT: '1', GONE: '1' } }).context;
  const ended = await run(only, { ...sh('env'), env: { ADDED: '2', GONE: undefined } });
  const names = ended.stdout.split('\n').map((line) => line.split('=')[0]);
  expect(names).toEqual(expect.arrayContaining(['KEPT', 'ADDED', 'PATH']));
  expect(names).not.toContain('GONE');
  expect(names).not.toContain('HOME');
});

test('a missing program and a missing directory are different problems', async () => {
  expect(await run(context, { program: 'no-such-program', args: [] })).toMatchObject({ ended: 'missing' });
  const nowhere = await run(context, { ...sh('true'), cwd: join(room, 'nowhere') });
  expect(nowhere).toMatchObject({ ended: 'failed', stderr: expect.stringMatching(/^directory .* not found$/u) });
});

test('lines arrive one by one, including progress that rewrites its line', async () => {
  const lines: string[] = [];
  await run(context, {
    ...sh('printf "one\\n 10%%\\r 20%%\\r\\ntwo\\n"; printf "err\\n" >&2'),
    onLine: (line) => lines.push(line),
  });
  expect(lines.filter((line) => line !== 'err')).toEqual(['one', ' 10%', ' 20%', 'two']);
  expect(lines).toContain('err');
});

test('input goes to stdin, and without input stdin is empty', async () => {
  expect((await run(context, { ...sh('cat'), input: 'ü\n\n' })).stdout).toBe('ü\n');
  expect((await run(context, sh('cat'))).stdout).toBe('');
});

test('when the time is up, the child and everything that it started end', async () => {
  const file = join(room, 'late');
  const started = Date.now();
  const ended = await run(context, { ...sh(stubborn(file)), timeout: 300 });
  expect(ended.ended).toBe('deadline');
  expect(Date.now() - started).toBeLessThan(4000);
  expect(await untilDead(await pidIn(file))).toBe(true);
});

test('a child that ignores SIGTERM is killed', async () => {
  const file = join(room, 'deaf');
  const ended = await run(context, { ...sh(`trap '' TERM; ${stubborn(file)}`), timeout: 300 });
  expect(ended.ended).toBe('deadline');
  expect(await untilDead(await pidIn(file))).toBe(true);
}, 15_000);

test('when op is told to stop, the children end and the reason is thrown', async () => {
  const stop = new AbortController();
  const file = join(room, 'stopped');
  const onLine = () => stop.abort(new Interrupted('SIGTERM'));
  const stopped = run(testContext({ env, signal: stop.signal }).context, { ...sh(stubborn(file)), onLine });
  await expect(stopped).rejects.toBeInstanceOf(Interrupted);
  expect(await untilDead(await pidIn(file))).toBe(true);
  await expect(run(testContext({ env, signal: stop.signal }).context, sh('true'))).rejects.toBeInstanceOf(Interrupted);
});

test.each([
  ['a failure', sh('echo first; echo the reason >&2; exit 3'), 'tool', /exit code 3:\nthe reason$/u],
  ['silence', sh('exit 3'), 'tool', /exit code 3, and printed nothing$/u],
  ['a missing program', { program: 'no-such-program', args: [] }, 'tool', /no-such-program is not installed/u],
  ['a deadline', { ...sh('sleep 60'), timeout: 200 }, 'deadline', /timed out after 0\.2 s/u],
])('mustRun explains %s', async (_, command, kind, why) => {
  await expect(mustRun(context, command, failing)).rejects.toMatchObject({
    kind,
    message: 'it failed',
    why: expect.stringMatching(why),
  });
});
