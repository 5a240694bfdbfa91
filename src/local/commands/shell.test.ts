import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { makeHome, pipelineRunOf } from '../../../test/local/local-run.js';
import { opOnTerminal } from '../../../test/local/terminal.js';
import { pushBusybox } from '../../../test/op/busybox-image.js';
import { startRegistry } from '../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../test/op/run-op.js';

let op: Op;
let home: Awaited<ReturnType<typeof makeHome>>;
beforeAll(async () => {
  op = await bundledOp(['crane']);
  home = await makeHome();
  const fails = {
    script: 'echo made > $(workspaces.w.path)/f; cat $(workspaces.w.path)/f; exit 3',
    params: { p: 'a b' },
  };
  const yaml = pipelineRunOf({ good: { script: 'echo fine' }, bad: fails }, {}, { workspaces: [{ name: 'w' }] });
  await writeFile(join(home.path, 'p.yaml'), yaml);
});
afterAll(async () => {
  await op.dispose();
  await home[Symbol.asyncDispose]();
});

const state = () => `--state=${home.path}/state`;
const bind = '--workspace=name=w,volumeClaimTemplate=';
const local = (...args: string[]) => op.run(home.path, ['local', ...args]);

const onTerminal = (args: readonly string[], typed: string) => opOnTerminal(op, home.path, args, { typed });

test('a command, and a shell on a terminal, run in the step that failed: with its files, paths and environment', async () => {
  expect((await local('start', 'p.yaml', bind, state())).exitCode).toBe(4);
  const script = 'cat /workspace/w/f; echo $HOME $OP_LOCAL; ls /tekton/results';
  expect(await local('shell', state(), 'run', 'bad/main', '--', 'sh', '-c', script)).toMatchObject({
    exitCode: 0,
    stdout: 'made\n/tekton/home true',
  });
  expect(await local('shell', state(), 'run', 'good/main', '--', 'sh', '-c', 'exit 9')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('error: sh -c exit 9 ended with 9'),
  });
  const { stdout, exitCode } = await onTerminal(
    ['shell', state(), 'run'],
    'cat /workspace/w/f > /tmp/copy\necho "<$(cat /tmp/copy)>"\nexit 5\n',
  );
  expect([exitCode, stdout]).toEqual([
    0,
    expect.stringMatching(/in bad\/main of run; its directory is \S+\/taskruns\/run-bad\b/u),
  ]);
  expect(stdout).toContain('[bad/main] $ ');
  expect(stdout).toContain('<made>');
});

test('what cannot be opened is said, with what can', async () => {
  const stderrOf = async (...args: string[]) => (await local('shell', state(), ...args)).stderr;
  expect(await stderrOf('run')).toMatch(
    /no terminal for the shell\n.*\n.*name a command: op local shell run TASK\/STEP -- ls -l/u,
  );
  expect(await stderrOf('run', 'bad/mian', '--', 'ls')).toMatch(
    /bad\/mian is not one step of run\n.*\n.*use one of .*good\/main/u,
  );
  expect(await stderrOf('run', 'main', '--', 'ls')).toContain('there are run-');
  expect(await stderrOf('nun')).toContain('no terminal');
  expect(await stderrOf()).toContain('needs the name of a run');
  const { stderr, exitCode } = await local('start', 'p.yaml', bind, state(), '--break=bad/main');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('error: --break needs a terminal')]);
});

test('--break opens a shell before the step, keeps other output back, and goes on when the shell ends', async () => {
  const wrong = await onTerminal(['start', 'p.yaml', bind, state(), '--prefix-name=x', '--break=bad/mian'], '');
  expect([wrong.exitCode, wrong.stdout]).toEqual([2, expect.stringContaining('did you mean bad/main?')]);

  const again = ['start', 'p.yaml', bind, state(), '--prefix-name=stop', '--break=bad/main'];
  const { stdout, exitCode } = await onTerminal(again, 'ls /workspace/w; echo "mine: $OP_LOCAL"\nexit\n');
  expect(exitCode).toBe(4);
  const places = [
    'before bad/main: this shell is in the step, and the run goes on when it ends',
    'mine: true',
    'bad/main starts',
    'made',
    'bad    StepFailed',
  ].map((text) => stdout.lastIndexOf(text));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
}, 60_000);

test('in an image of its own, the shell is one that the image has; an image that was named as this machine stays so', async () => {
  const registry = await startRegistry();
  onTestFinished(registry.stop);
  const image = `${registry.host}/tool:1`;
  pushBusybox(image, { files: { 'etc/from-the-image': 'yes\n' } });
  const task = {
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name: 'own' },
    spec: { steps: [{ name: 'main', image, script: '#!/bin/sh\nls /etc/from-the-image && exit 3; command -v node' }] },
  };
  await writeFile(join(home.path, 'own.yaml'), JSON.stringify(task));
  const start = ['start', 'own.yaml', state()];
  const typed = 'cat /etc/from-the-image; echo "<$(command -v bash)>"\nexit\n';
  const stopped = await onTerminal([...start, '--prefix-name=own', '--break=own/main'], typed);
  expect(stopped.exitCode).toBe(4);
  expect(stopped.stdout).toMatch(/\byes\r?\n.*<>/su);
  const [name = ''] = /own-\w+/u.exec(stopped.stdout) ?? [];
  const entered = await onTerminal(['shell', state(), name], typed);
  expect(entered.stdout).toMatch(/\byes\r?\n.*<>/su);

  const host = await local(...start, '--prefix-name=host', `--host-image=${registry.host}/*`);
  expect([host.exitCode, host.stdout]).toEqual([0, expect.stringMatching(/\/node$/mu)]);
  const [named = ''] = /host-\w+/u.exec(host.stdout) ?? [];
  expect(await local('shell', state(), named, 'main', '--', 'node', '-p', '1+1')).toMatchObject({ stdout: '2' });
}, 60_000);
