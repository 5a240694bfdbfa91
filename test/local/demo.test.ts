/** The first command of the README, run as a newcomer runs it, but with tools that are there. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withTools } from '../tools.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
let state: string;

beforeAll(async () => {
  withTools(['crane', 'git', 'bwrap']);
  state = await mkdtemp(join(tmpdir(), 'demo-test-'));
});
afterAll(() => rm(state, { recursive: true, force: true }));

const demo = (...args: readonly string[]) =>
  execa(process.execPath, ['--import', 'tsx', 'scripts/demo.ts', ...args], {
    cwd: project,
    env: { XDG_STATE_HOME: state, OP_STORE: 'cluster' },
    reject: false,
  });

/** Whether something answers on the port of each registry that was started. */
async function answering(output: string): Promise<readonly string[]> {
  const urls = [...output.matchAll(/the registry is running: (http:\/\/localhost:\d+)/gu)].map(([, url = '']) => url);
  expect(urls).not.toEqual([]);
  const answers = await Promise.all(
    urls.map((url) =>
      fetch(`${url}/v2/`).then(
        () => [url],
        () => [],
      ),
    ),
  );
  return answers.flat();
}

test('npm run demo builds, publishes and promotes, says what to type next, and leaves nothing running', async () => {
  const { exitCode, stdout, stderr } = await demo();
  const printed = `${stdout}${stderr}`;
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^Next:$/mu)]);
  expect(stdout).toContain('published 2 of 2');
  expect(stdout).toContain('promoted 2 images to prod');
  expect(stdout).toMatch(/^2\. {2}publish \(Succeeded\) {2}<- build$/mu);
  const digests = [...stdout.matchAll(/^\$ crane digest localhost:\d+\/(\S+)\n(sha256:[0-9a-f]{64})$/gmu)];
  expect(digests.map(([, image]) => image?.replace(/:.*/u, ''))).toEqual([
    ...['shop/web', 'shop/web', 'shop/team_api', 'shop/team_api'],
  ]);
  expect(new Set(digests.map(([, , digest]) => digest)).size).toBe(2);
  expect(await answering(printed)).toEqual([]);
  expect(await readdir(join(project, '.demo/runs'))).toHaveLength(2);

  // The command that it suggests works.
  const [, run = ''] = /npx op local logs (\S+)/u.exec(stdout) ?? [];
  const op = join(project, 'lib/op.cjs');
  const logs = await execa(process.execPath, [op, 'local', 'logs', run, '--state=.demo'], { cwd: project });
  expect(logs.stdout).toContain('[publish : publish] published 2 of 2');
}, 120_000);

test('Ctrl-C during a build stops it, and the registries', async () => {
  const running = demo();
  let printed = '';
  const read = (chunk: Buffer) => {
    printed += chunk.toString();
    if (/^\[build : clone\]/mu.test(printed)) running.kill('SIGINT');
  };
  running.stdout.on('data', read);
  running.stderr.on('data', read);
  const { exitCode } = await running;
  expect([exitCode, printed]).toEqual([130, expect.stringContaining('the demo has not finished: interrupted')]);
  expect(await answering(printed)).toEqual([]);
  const [run = ''] = await readdir(join(project, '.demo/runs'));
  expect(await readFile(join(project, '.demo/runs', run, 'pipelinerun.yaml'), 'utf8')).toMatch(/reason: "?Cancelled/u);
}, 120_000);

test('an option that the demo does not have is refused', async () => {
  const { exitCode, stderr } = await demo('--clutser');
  expect([exitCode, stderr]).toEqual([2, 'usage: npm run demo [-- --cluster [--keep]]']);
});
