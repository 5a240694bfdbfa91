import { describe, expect, test } from 'vitest';
import { approval, soak, window } from '../author/gates.js';
import type { Approval, Gate, Intent } from '../documents/shapes.js';
import { approvalSignature, closedGate } from './gates.js';

const written = { by: 'ann', at: '2026-11-27T12:00:00Z', run: 'x' };
const item = 'deploy/prod';

/** Why the gates are closed for inputs. */
function look(
  gates: readonly Gate[],
  {
    now = '2026-11-27T12:00:00Z',
    earlier = '2026-11-27T11:30:00Z',
    given = [] as readonly Partial<Approval>[],
    inputs = {},
  } = {},
): string | undefined {
  const signature = approvalSignature(item, gates, { image: 'a' });
  const approvals = given.map(
    (one): Approval => ({ release: 1, item, signature, decision: 'approved', bypass: [], reason: '', written, ...one }),
  );
  const intent: Intent = { ref: 'p', deployments: {}, holds: {}, verdicts: {}, approvals, written };
  return closedGate(gates, {
    now: new Date(now),
    release: 1,
    item,
    intent,
    signature: approvalSignature(item, gates, { image: 'a', ...inputs }),
    earlier: new Date(earlier),
  })?.kind;
}

test('what an approval is about has a signature of full length, so that nobody finds something else with the same one', () => {
  expect(approvalSignature(item, [], {})).toMatch(/^[0-9a-f]{64}$/u);
});

describe('an approval', () => {
  const gates = [approval({ by: ['ann', 'bob'], expires: '1h' })];
  test.each([
    ['nobody gave it', {}, 'approval'],
    ['somebody gave it who may', { given: [{}] }, undefined],
    ['somebody gave it who may not', { given: [{ written: { ...written, by: 'eve' } }] }, 'approval'],
    ['it was rejected after it was given', { given: [{}, { decision: 'rejected' as const }] }, 'approval'],
    ['it was given after it was rejected', { given: [{ decision: 'rejected' as const }, {}] }, undefined],
    ['it is too old', { given: [{}], now: '2026-11-27T13:00:00Z' }, 'approval'],
    ['it was for other inputs', { given: [{}], inputs: { image: 'b' } }, 'approval'],
    ['it was for another release', { given: [{ release: 2 }] }, 'approval'],
    ['it was for another item', { given: [{ item: 'deploy/dev' }] }, 'approval'],
  ])('when %s', (_, at, expected) => expect(look(gates, at)).toBe(expected));

  test('is void when the gates are others', () => {
    const signature = approvalSignature(item, [approval()], { image: 'a' });
    expect(look(gates, { given: [{ signature }] })).toBe('approval');
  });
});

describe('a soak time', () => {
  test.each([
    ['2026-11-27T12:29:59Z', 'soak'],
    ['2026-11-27T12:30:00Z', undefined],
  ])('at %s', (now, expected) => expect(look([soak('1h')], { now })).toBe(expected));

  test('is passed by with an approval that says so, and not with another', () => {
    const gates = [soak('24h'), approval()];
    expect(look(gates, { given: [{}] })).toBe('soak');
    expect(look(gates, { given: [{ bypass: ['soak'] }] })).toBeUndefined();
  });

  test('is not passed by when the plan forbids it, whatever an approval says', () => {
    const gates = [soak('24h', { bypass: false }), approval()];
    expect(look(gates, { given: [{ bypass: ['soak'] }] })).toBe('soak');
    expect(look([...gates, soak('1h')], { given: [{ bypass: ['soak'] }] })).toBe('soak');
  });
});

describe('a window', () => {
  const office = window({
    zone: 'Europe/Berlin',
    days: ['Mon', 'Fri'],
    from: '09:00',
    to: '16:00',
    except: ['2026-12-25'],
  });
  const night = window({ zone: 'America/New_York', days: ['Fri'], from: '22:00', to: '04:00' });
  test.each([
    [office, '2026-11-27T07:59:00Z', 'window'],
    [office, '2026-11-27T08:00:00Z', undefined],
    [office, '2026-11-27T15:00:00Z', 'window'],
    [office, '2026-11-26T10:00:00Z', 'window'],
    // Summer time: the same hour of the wall is another one of UTC.
    [office, '2026-07-03T07:00:00Z', undefined],
    [office, '2026-12-25T10:00:00Z', 'window'],
    [night, '2026-11-28T02:59:00Z', 'window'],
    [night, '2026-11-28T03:00:00Z', undefined],
    [night, '2026-11-28T08:59:00Z', undefined],
    [night, '2026-11-28T09:00:00Z', 'window'],
    [night, '2026-11-27T08:00:00Z', 'window'],
  ])('%#', (gate, now, expected) => expect(look([gate], { now })).toBe(expected));

  test('comes before a soak time, and that before an approval', () => {
    const gates = [approval(), soak('24h'), office];
    expect(look(gates, { now: '2026-11-26T10:00:00Z' })).toBe('window');
    expect(look(gates)).toBe('soak');
  });
});

test.each([
  () => soak('soon'),
  () => window({ zone: 'Europe/Berlin', days: ['Mon'], from: '9', to: '16:00' }),
  () => window({ zone: 'Mars/Olympus', days: ['Mon'], from: '09:00', to: '16:00' }),
])('what is no gate is an error where it is written', (make) => expect(make).toThrow());

test('no gate is for longer than ten years: the end of its time has to be a date', () => {
  expect(() => soak('90000h')).toThrow('more than ten years');
  expect(() => approval({ expires: '90000h' })).toThrow('more than ten years');
});
