import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { build } from 'esbuild';
import { expect } from 'vitest';
import type { Store } from '../../../src/op/store/documents/store.js';

interface Rivals {
  /** What `--store` takes. */
  readonly chosen: string;
  /** For the processes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How many processes are killed, at least. */
  readonly lives: number;
  /** Milliseconds; each is killed at a random moment within this time: after its start, or after its first write. */
  readonly within: number;
}

/**
 * Four processes at a time count in one document, and each is killed in the middle of it. Expects that every count was made on the one
 * before it, that each write that was confirmed is there, and that nothing is left that others wait for.
 * @returns the count
 */
export async function expectNothingLost(store: Store, { chosen, env, lives, within }: Rivals): Promise<number> {
  const room = await mkdtemp(join(tmpdir(), 'rivals-'));
  const worker = join(room, 'worker.cjs');
  // In one file, because each of the processes would compile all the sources.
  const entryPoints = [join(import.meta.dirname, 'worker.ts')];
  await build({ entryPoints, outfile: worker, bundle: true, platform: 'node', target: 'node20', format: 'cjs' });
  const start = (...args: readonly string[]) => {
    const child = spawn(process.execPath, [worker, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    const lines: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.split('\n').filter(Boolean)));
    return { child, lines };
  };
  await store.create('count', { count: 0, by: [] });
  const confirmed: string[] = [];
  const numbers = Array.from({ length: lives }, (_, number) => number).values();
  const slot = async () => {
    for (const number of numbers) {
      const { child, lines } = start('count', chosen, `${number}`);
      while (lines.length < 1 + (number % 2) && child.exitCode === null) await wait(5);
      await wait(Math.random() * within);
      child.kill('SIGKILL');
      await ended(child);
      confirmed.push(...lines.filter((line) => line.startsWith('wrote ')));
    }
  };
  await Promise.all([1, 2, 3, 4].map(() => slot()));
  const found = await store.get('count');
  const written = Array.isArray(found?.body.by) ? found.body.by : [];
  expect(confirmed.length).toBeGreaterThanOrEqual(Math.floor(lives / 2));
  expect(found?.body.count).toBe(written.length);
  expect(new Set(written).size).toBe(written.length);
  expect(confirmed.map((line) => line.slice('wrote '.length)).filter((line) => !written.includes(line))).toEqual([]);
  const { child, lines } = start('count-once', chosen, 'last');
  await ended(child);
  expect(lines.at(-1)).toMatch(/^wrote last-/u);
  await rm(room, { recursive: true });
  return written.length + 1;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
