import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runInOrder } from './run-in-order.js';

interface Item {
  readonly name: string;
  readonly needs: readonly Item[];
}
const item = (name: string, ...needs: Item[]): Item => ({ name, needs });

/** Runs items of 5 ms each, and returns what started and ended. */
async function log(items: readonly Item[], atOnce: number): Promise<readonly string[]> {
  const lines: string[] = [];
  await runInOrder(
    items,
    ({ needs }) => needs,
    atOnce,
    async ({ name }) => {
      lines.push(`+${name}`);
      await wait(5);
      lines.push(`-${name}`);
    },
  );
  return lines;
}

const base = item('base');
const api = item('api', base);
const web = item('web');

describe('items', () => {
  it('run in parallel, and after those that they need', async () => {
    const lines = await log([api, web, base], 3);
    expect(lines.slice(0, 2).toSorted()).toEqual(['+base', '+web']);
    expect(lines.indexOf('+api')).toBeGreaterThan(lines.indexOf('-base'));
    expect(lines).toHaveLength(6);
  });

  it('run one after the other when only one may run at a time', async () => {
    expect(await log([api, web, base], 1)).toHaveLength(6);
    const lines = await log([base, web, api], 1);
    for (const [index, line] of lines.entries())
      if (line.startsWith('+')) expect(lines[index + 1]).toBe(`-${line.slice(1)}`);
  });

  it('are stopped by the first failure, which is thrown', async () => {
    const seen: string[] = [];
    const running = runInOrder(
      [base, api, web],
      ({ needs }) => needs,
      3,
      async ({ name }, signal) => {
        seen.push(name);
        if (name === 'base') throw new Error('base is broken');
        await new Promise((_, failed) => signal.addEventListener('abort', () => failed(signal.reason)));
      },
    );
    await expect(running).rejects.toThrow('base is broken');
    expect(seen.toSorted()).toEqual(['base', 'web']);
  });
});
