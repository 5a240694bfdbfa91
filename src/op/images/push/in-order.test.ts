import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inOrder } from './in-order.js';

interface Unit {
  readonly name: string;
  readonly needs: readonly Unit[];
}
const unit = (name: string, ...needs: Unit[]): Unit => ({ name, needs });

/** Runs units of 5 ms each, and says what happened. */
async function log(units: readonly Unit[], atOnce: number): Promise<readonly string[]> {
  const lines: string[] = [];
  await inOrder(
    units,
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

const base = unit('base');
const api = unit('api', base);
const web = unit('web');

describe('units', () => {
  it('run side by side, and after those that they need', async () => {
    const lines = await log([api, web, base], 3);
    expect(lines.slice(0, 2).toSorted()).toEqual(['+base', '+web']);
    expect(lines.indexOf('+api')).toBeGreaterThan(lines.indexOf('-base'));
    expect(lines).toHaveLength(6);
  });

  it('run one after the other when one is allowed at once', async () => {
    expect(await log([api, web, base], 1)).toHaveLength(6);
    const lines = await log([base, web, api], 1);
    for (const [index, line] of lines.entries())
      if (line.startsWith('+')) expect(lines[index + 1]).toBe(`-${line.slice(1)}`);
  });

  it('are stopped by the first failure, which is the one that is thrown', async () => {
    const seen: string[] = [];
    const running = inOrder(
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
