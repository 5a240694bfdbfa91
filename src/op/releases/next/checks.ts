import { checkKey } from '../documents/check-names.js';
import type { Approval, Gate, Release, UsedInput } from '../documents/shapes.js';
import { sameJson } from '../documents/signature.js';
import { isBypassed } from './gates.js';
import { plainOf } from './inputs.js';

type Check = Extract<Gate, { is: 'check' }>;

/** The most time between two attempts. */
const longest = 3_600_000;

/** A check to run now, or what it waits for. */
export type CheckNext = { readonly run: Check } | { readonly name: string; readonly for: string };

/**
 * The first check of an item that has not passed for its inputs. One that failed is asked again after its interval, which doubles with each
 * failure for the same inputs, up to an hour; `retry` asks it at once.
 */
export function nextCheck(
  { runs }: Pick<Release, 'runs'>,
  item: string,
  gates: readonly Gate[],
  inputs: Readonly<Record<string, UsedInput>>,
  now: Date,
): CheckNext | undefined {
  const values = plainOf(inputs);
  for (const gate of gates) {
    if (gate.is !== 'check') continue;
    const own = runs.filter((run) => run.item === checkKey(item, gate.name) && sameJson(plainOf(run.inputs), values));
    const last = own.at(-1);
    if (last?.status === 'complete') continue;
    if (last?.status !== 'failed') return { run: gate };
    const failures = own.length - 1 - own.findLastIndex(({ status }) => status !== 'failed');
    const interval = Math.min(gate.milliseconds * 2 ** (failures - 1), Math.max(longest, gate.milliseconds));
    const again = new Date(Date.parse(last.ended ?? last.started.at) + interval);
    if (now >= again) return { run: gate };
    const why = `it failed (${last.error ?? ''}), and is asked again after ${again.toISOString()}`;
    return { name: gate.name, for: `the check ${gate.name}: ${why}` };
  }
  return undefined;
}

/** The gates that an approval does not pass by. */
export const gatesLeft = (gates: readonly Gate[], given: Approval | undefined): readonly Gate[] =>
  gates.filter((gate) => !isBypassed(gate, given));
