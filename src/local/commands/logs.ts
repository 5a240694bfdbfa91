import { open } from 'node:fs/promises';
import type { Context } from '../../op/context.js';
import { coloured } from '../../op/kit/log/printable.js';
import { sleep } from '../../op/kit/process/sleep.js';
import { filesOf, type Home } from '../runs/home.js';
import { readRun } from '../runs/store.js';

/** What to print of a run's output. */
export interface LogsRequest {
  readonly follow: boolean;
  /** Only these PipelineTasks; empty for all. */
  readonly task: readonly string[];
}

/** `op local logs`: the lines of a run as they were printed, and those to come; byte for byte, unless a terminal shows them. */
export async function showLogs(
  context: Context,
  home: Home,
  name: string,
  { follow, task }: LogsRequest,
): Promise<void> {
  const run = await readRun(home, name);
  const print = (line: string) => context.out(`${process.stdout.isTTY ? coloured(line) : line}\n`);
  const wanted = (line: string) => task.length === 0 || task.some((one) => line.startsWith(`[${one} : `));
  const file = await open(filesOf(run.directory).output, 'r').catch(() => undefined);
  if (file === undefined) return;
  let rest = '';
  const decoder = new TextDecoder();
  const buffer = Buffer.alloc(1 << 16);
  try {
    for (let ended = false; ; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) {
        if (!follow || ended) break;
        const now = await readRun(home, name);
        ended = now.abandoned || now.object.status.conditions[0].status !== 'Unknown';
        if (!ended) await sleep(context, 200);
        continue;
      }
      const lines = `${rest}${decoder.decode(buffer.subarray(0, bytesRead), { stream: true })}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (wanted(line)) print(line);
    }
    if (rest !== '' && wanted(rest)) print(rest);
  } finally {
    await file.close();
  }
}
