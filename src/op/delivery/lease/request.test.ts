import { expect, test } from 'vitest';
import { readRequest } from '../../kit/options/read-request.js';
import { leaseOptions } from './options.js';
import { leaseNameOf, leaseRequestOf } from './request.js';

const flags = (given: { readonly leaseHolder?: string }) => ({ ...readRequest('x', leaseOptions, {}), ...given });

test('no Lease is requested without a holder', () => {
  expect(leaseRequestOf(flags({}), undefined, undefined)).toBeUndefined();
  expect(leaseRequestOf(flags({ leaseHolder: 'ann' }), 'dev', 'shop')).toEqual({
    environment: 'dev',
    component: 'shop',
    holder: 'ann',
    keep: false,
    wait: 1_800_000,
  });
});

test.each([
  [{ leaseHolder: 'ann' }, undefined, 'shop', 'usage'],
  [{ leaseHolder: 'ann' }, 'dev', undefined, 'usage'],
  [{ leaseHolder: 'a b' }, 'dev', 'shop', 'input'],
  [{ leaseHolder: 'a\nb' }, 'dev', 'shop', 'input'],
])('a request that is refused (%#)', (given, environment, component, kind) => {
  expect(() => leaseRequestOf(flags(given), environment, component)).toThrow(expect.objectContaining({ kind }));
});

const nameFor = (environment: string, component: string) =>
  leaseNameOf({ environment, component, holder: 'x', keep: false, wait: 1 });
test.each([
  ['dev', 'shop', 'octopipeline-dev-shop'],
  ['dev', 'a.b', 'octopipeline-dev-a.b'],
])('the Lease for %s and %s', (environment, component, name) => expect(nameFor(environment, component)).toBe(name));
test.each([
  ['dev', 'Shop'],
  ['dev', '../x'],
  ['dev', 'a..b'],
  ['', 'x'.repeat(250)],
])('no Lease for %s and %s', (environment, component) => {
  expect(() => nameFor(environment, component)).toThrow(expect.objectContaining({ kind: 'input' }));
});
