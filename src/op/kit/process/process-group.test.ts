import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';

const program = `
import { spawn } from 'node:child_process';
import { startWatching, superviseGroup } from './src/op/kit/process/process-group.ts';
startWatching();
const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
superviseGroup(child.pid, { signal: new AbortController().signal, timeout: undefined });
console.log(child.pid);
`;

const childrenOf = (pid: number) => readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');

it('a group ends with op, killed outright, even if whoever kills hit the watcher first', async () => {
  const op = execa('node', ['--import', 'tsx', '--input-type=module', '--eval', program]);
  const pid = op.pid ?? 0;
  const [printed] = await once(op.stdout, 'data');
  const group = String(printed).trim();
  const watcher = async () => (await childrenOf(pid)).split(' ').find((child) => child !== '' && child !== group) ?? '';
  const first = await watcher();
  process.kill(Number(first), 'SIGKILL');
  await expect.poll(watcher, { timeout: 10_000 }).toMatch(new RegExp(`^(?!${first}$)\\d+$`, 'u'));
  // It is told at once which groups there are, but not in the moment when it appears.
  await delay(500);
  op.kill('SIGKILL');
  await expect(op).rejects.toMatchObject({ signal: 'SIGKILL' });
  const state = () => readFile(`/proc/${group}/stat`, 'utf8').catch(() => 'gone');
  await expect.poll(state, { timeout: 10_000 }).toMatch(/^gone$|\) Z /u);
});
