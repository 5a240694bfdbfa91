import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeHome, pipelineRunOf } from '../../../test/local/local-run.js';
import { opOnTerminal } from '../../../test/local/terminal.js';
import { bundledOp, type Op } from '../../../test/op/run-op.js';

let op: Op;
let home: Awaited<ReturnType<typeof makeHome>>;
beforeAll(async () => {
  op = await bundledOp([]);
  home = await makeHome();
  await writeFile(join(home.path, 'p.yaml'), pipelineRunOf({ slow: { script: 'echo one; sleep 1; echo two' } }));
});
afterAll(async () => {
  await op.dispose();
  await home[Symbol.asyncDispose]();
});

const start = (name: string) => ['start', 'p.yaml', `--prefix-name=${name}`, `--state=${home.path}/state`];
const csi = '\u001b[';

test('on a terminal, the task that works is shown below the log, and is gone before the table', async () => {
  const { stdout, exitCode } = await opOnTerminal(op, home.path, start('seen'), { env: { NO_COLOR: '' } });
  expect(exitCode).toBe(0);
  const row = `s ${csi}36m[slow : main]${csi}0m\r\n`;
  expect(stdout).toContain(row);
  expect(stdout).toContain(`${csi}36m[slow : main]${csi}0m two`);
  const end = stdout.slice(stdout.lastIndexOf(row) + row.length);
  expect(end.startsWith(`${csi}1A${csi}J`)).toBe(true);
  expect(stdout.slice(stdout.indexOf('TASK '))).not.toContain(csi);
});

test('NO_COLOR, dumb terminals and files are respected', async () => {
  const plain = await opOnTerminal(op, home.path, start('plain'), { env: { NO_COLOR: '1' } });
  expect(plain.stdout).toContain('s [slow : main]\r\n');
  expect(plain.stdout).not.toContain(`${csi}36m`);
  const dumb = await opOnTerminal(op, home.path, start('dumb'), { env: { NO_COLOR: '1', TERM: 'dumb' } });
  expect(dumb.stdout).not.toContain(csi);
  const { stdout } = await op.run(home.path, ['local', ...start('file')]);
  expect(stdout).toMatch(/^\[slow : main\] one\n\[slow : main\] two\n\nTASK +STATE +TOOK\nslow +Succeeded +\d+s$/u);
});
