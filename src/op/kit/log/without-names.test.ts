import { expect, it } from 'vitest';
import { withoutNames } from './without-names.js';

it.each([
  ['GET https://r/v2/access-denied/manifests/1: MANIFEST_UNKNOWN: unknown', 'GET …: MANIFEST_UNKNOWN: unknown'],
  [
    `The image tag 'v1' doesn't exist in "denied", it isn't there`,
    `The image tag … doesn't exist in …, it isn't there`,
  ],
  ['cannot read r.example/team/denied:1@sha256:0a: not found [http 404]: ', 'cannot read …: not found [http 404]: '],
  ['dial tcp 10.0.0.1:443: i/o timeout', 'dial tcp …: i/o timeout'],
  ['denied: requested access to the resource is denied', 'denied: requested access to the resource is denied'],
])('leaves the words of the program in: %s', (text, left) => expect(withoutNames(text)).toBe(left));

it('needs linear time', () => {
  const start = performance.now();
  withoutNames('a'.repeat(1_000_000) + "'".repeat(100_000) + ':'.repeat(1_000_000));
  expect(performance.now() - start).toBeLessThan(5000);
});
