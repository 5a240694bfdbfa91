import { describe, expect, it } from 'vitest';
import { milliseconds, stored } from './duration.js';

describe('milliseconds', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['1h0m5s', 3_605_000],
  ])('of %s are %d', (text, length) => {
    expect(milliseconds(text)).toBe(length);
  });

  it.each(['', '10', '-5m', '1.5h', '10 m', '5m1h', '1d', '10M', '1e3s'])('of %j are none', (text) => {
    expect(milliseconds(text)).toBeUndefined();
  });
});

describe('a duration as Kubernetes stores it', () => {
  it.each([
    ['0s', '0s'],
    ['250ms', '250ms'],
    ['1500ms', '1.5s'],
    ['30s', '30s'],
    ['90s', '1m30s'],
    ['10m', '10m0s'],
    ['1h', '1h0m0s'],
    ['1h30m', '1h30m0s'],
  ] as const)('%s is %s', (text, canonical) => {
    expect(stored(text)).toBe(canonical);
  });
});
