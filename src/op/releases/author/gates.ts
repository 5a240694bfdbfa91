import { parseDuration } from '../../kit/options/duration.js';
import { type Gate, longestGate } from '../documents/shapes.js';
import type { DeployContext } from './item-context.js';
import type { TektonRun } from './tekton.js';
import type { Inputs } from './values.js';

/** Days of a week, as a window names them. */
export type Day = 'Mon' | 'Tue' | 'Wed' | 'Thu' | 'Fri' | 'Sat' | 'Sun';

/** What gates other than an approval have in common. */
export interface GateOptions {
  /** Whether `op approve --bypass` may pass by it; true by default. The plan says so, and approvals are for the plan. */
  readonly bypass?: boolean;
}

/** When a deployment may start. */
export interface WindowOptions extends GateOptions {
  /** Such as `Europe/Berlin`. */
  readonly zone: string;
  readonly days: readonly Day[];
  /** `09:00` */
  readonly from: string;
  /** `16:30`; earlier than `from`: on the next day. */
  readonly to: string;
  /** Dates on which it does not open, such as `2026-12-24`. */
  readonly except?: readonly string[];
}

/** The release must have been in the environments of the phase before for this long: `30m`, `24h`. */
export const soak = (duration: string, options: GateOptions = {}): Gate => ({
  is: 'soak',
  milliseconds: millisecondsOf(duration),
  ...closedTo(options),
});

const closedTo = ({ bypass = true }: GateOptions) => (bypass ? {} : { bypass: false as const });

/** Somebody has to say yes: `op approve`. It is void when the inputs or gates change, or after a while. */
export const approval = ({
  by,
  expires,
}: {
  readonly by?: readonly string[];
  readonly expires?: string;
} = {}): Gate => ({
  is: 'approval',
  ...(by === undefined ? {} : { by: [...by] }),
  ...(expires === undefined ? {} : { milliseconds: millisecondsOf(expires) }),
});

/** A gate that is a function, or a Task or Pipeline. */
export interface Check {
  readonly is: 'check';
  readonly name: string;
  readonly milliseconds: number;
  readonly bypass?: false;
  readonly run: ((context: DeployContext<Inputs>) => unknown) | TektonRun;
}

/** A gate as an author gives it. */
export type GateOrCheck = Gate | Check;

/**
 * It has to pass before the item runs: a function that does not throw, or a Task or Pipeline that succeeds, with the inputs of the item. It is
 * asked when all other gates are open, and again when inputs change. After a failure the item waits, and it is asked again after `every`, then
 * after twice that time, and so on up to an hour.
 * @example check('errors', { every: '5m', run: async ({ exec }) => void (await exec('./error-rate.sh', ['--below=1%'])) })
 */
export function check(
  name: string,
  { run, every = '1m', ...options }: { readonly run: Check['run']; readonly every?: string } & GateOptions,
): Check {
  if (!/^[A-Za-z0-9][\w.-]{0,62}$/u.test(name)) throw new Error(`"${name}" cannot be the name of a check`);
  const milliseconds = millisecondsOf(every);
  if (milliseconds < 1000) throw new Error('a check is asked again after a second or more');
  return { is: 'check', name, milliseconds, run, ...closedTo(options) };
}

/** It starts only at these times. A rollback starts at any time. */
export function window({ zone, days, from, to, except = [], ...options }: WindowOptions): Gate {
  for (const time of [from, to]) {
    if (!/^(?:[01]\d|2[0-3]):[0-5]\d$/u.test(time)) throw new Error(`"${time}" is not a time such as 09:00`);
  }
  // An unknown zone is an error here, not at the gate.
  new Intl.DateTimeFormat('en', { timeZone: zone });
  return { is: 'window', zone, days: [...days], from, to, except: [...except], ...closedTo(options) };
}

function millisecondsOf(text: string): number {
  const read = parseDuration(text);
  if (read === undefined) throw new Error(`"${text}" is not a duration such as 90s, 30m or 24h`);
  if (read > longestGate) throw new Error(`"${text}" is more than ten years`);
  return read;
}
