import type { Json } from '../../store/documents/body.js';
import type { Approval, Gate, Intent, PlanItem } from '../documents/shapes.js';
import { signatureOf } from '../documents/signature.js';

/** What the gates of an item look at. */
export interface AtGate {
  readonly now: Date;
  readonly release: number;
  readonly item: string;
  readonly intent: Intent;
  /** What an approval is for: see {@link approvalSignature}. */
  readonly signature: string;
  /** When the last item of the phase before was deployed; undefined when there is none. */
  readonly earlier: Date | undefined;
}

/** Why an item does not pass. */
export interface Closed {
  readonly kind: 'window' | 'soak' | 'approval';
  readonly for: string;
}

/** An approval is for these inputs of this item, with these gates and what it runs: when one of them changes, it has to be given again. */
export const approvalSignature = (
  item: string,
  gates: readonly Gate[],
  inputs: Readonly<Record<string, Json>>,
  runs?: PlanItem['runs'],
): string => signatureOf({ item, gates, inputs, runs });

const order = ['window', 'soak', 'approval'] as const;

/** The first gate that is closed, in the one order that all have; an approval may bypass those that it names and the plan lets pass. */
export function closedGate(gates: readonly Gate[], at: AtGate, given = decisionFor(gates, at)): Closed | undefined {
  for (const kind of order) {
    for (const gate of gates) {
      if (gate.is === 'check' || gate.is !== kind || isBypassed(gate, given)) continue;
      const reason = reasonOf(gate, at, given);
      if (reason !== undefined) return { kind, for: reason };
    }
  }
  return undefined;
}

/** Whether an approval names the kind of a gate, and the plan lets it pass by. */
export const isBypassed = (gate: Gate, given: Approval | undefined): boolean =>
  given?.bypass.includes(gate.is) === true && mayBypass(gate);

/** What waits for somebody to say yes is not passed by: saying so is to approve. */
export const mayBypass = (gate: Gate): boolean => gate.is !== 'approval' && gate.bypass !== false;

function reasonOf(gate: Exclude<Gate, { is: 'check' }>, at: AtGate, given: Approval | undefined): string | undefined {
  if (gate.is === 'window') return windowIsOpen(gate, at.now) ? undefined : `its time: ${windowText(gate)}`;
  if (gate.is === 'soak') {
    const until = (at.earlier?.getTime() ?? 0) + gate.milliseconds;
    return at.now.getTime() >= until ? undefined : `the time to pass until ${new Date(until).toISOString()}`;
  }
  if (given?.decision === 'approved') return undefined;
  return given?.decision === 'rejected'
    ? `an approval: ${given.written.by} rejected it (${given.reason || 'no reason given'})`
    : `an approval${gate.by === undefined ? '' : ` by ${gate.by.join(' or ')}`}`;
}

/** The newest decision that is about exactly this, by somebody who may, and not too old. */
export function decisionFor(
  gates: readonly Gate[],
  { now, release, item, intent, signature }: AtGate,
): Approval | undefined {
  const asked = gates.filter((gate) => gate.is === 'approval');
  return intent.approvals.findLast(
    (given) =>
      given.release === release &&
      given.item === item &&
      given.signature === signature &&
      asked.every(
        ({ by, milliseconds }) =>
          (by === undefined || by.includes(given.written.by)) &&
          (milliseconds === undefined || now.getTime() - Date.parse(given.written.at) < milliseconds),
      ),
  );
}

type Window = Extract<Gate, { is: 'window' }>;

const windowText = ({ days, from, to, zone, except }: Window) =>
  `${days.join(', ')} ${from}-${to} ${zone}${except.length === 0 ? '' : `, not on ${except.join(', ')}`}`;

/** By the clock on a wall in that time zone; a window may go over midnight, and then belongs to the day on which it starts. */
function windowIsOpen({ days, from, to, zone, except }: Window, now: Date): boolean {
  const opensOn = (at: Date) => {
    const { day, date } = wallClock(zone, at);
    return days.includes(day) && !except.includes(date);
  };
  const { time } = wallClock(zone, now);
  if (from <= to) return time >= from && time < to && opensOn(now);
  return (time >= from && opensOn(now)) || (time < to && opensOn(new Date(now.getTime() - 24 * 3_600_000)));
}

function wallClock(timeZone: string, at: Date) {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const get = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? '';
  return {
    day: get('weekday'),
    date: `${get('year')}-${get('month')}-${get('day')}`,
    time: `${get('hour')}:${get('minute')}`,
  };
}
