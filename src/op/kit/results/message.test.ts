import { describe, expect, it } from 'vitest';
import { firstThatFits, messageBytes, messageLimit, outputsForTekton } from './message.js';

const started = '{"key":"StartedAt","value":"2026-01-02T03:04:05.678+00:00","type":3}';

describe('the results of a step', () => {
  it.each([
    [{}, `[${started}]`],
    [{ A: 'b' }, `[${started},{"key":"A","value":"b","type":4}]`],
    [{ A: 'b', C: '' }, `[${started},{"key":"A","value":"b","type":4},{"key":"C","value":"","type":4}]`],
    [{ A: 'ü"\\\n' }, `[${started},{"key":"A","value":"ü\\"\\\\\\n","type":4}]`],
    [{ A: '<&>' }, `[${started},{"key":"A","value":"\\u003c\\u0026\\u003e","type":4}]`],
    [{ A: '\u2028' }, `[${started},{"key":"A","value":"\\u2028","type":4}]`],
  ])('%j have the bytes that Tekton writes: %s', (outputs, written) => {
    expect(messageBytes(outputs)).toBe(Buffer.byteLength(written));
  });

  it('are those that fit: 12,288 bytes for six containers', () => {
    const bytes = (count: number) => ({ A: 'x'.repeat(count - messageBytes({ A: '' })) });
    expect(messageLimit).toBe(2048);
    expect(firstThatFits(bytes(2048), { A: 'short' })).toEqual(bytes(2048));
    expect(firstThatFits(bytes(2049), { A: 'short' })).toEqual({ A: 'short' });
    expect(firstThatFits(bytes(2050), bytes(2049))).toEqual(bytes(2049));
  });

  it('have the names of the files that Tekton reads', () => {
    expect(outputsForTekton({ REUSED: '/tekton/steps/x/results/reused' }, { REUSED: 'a', B: 'b' })).toEqual({
      reused: 'a',
    });
    expect(outputsForTekton({ REUSED: '/tmp/reused' }, { REUSED: 'a' })).toBeUndefined();
    expect(outputsForTekton({}, {})).toBeUndefined();
  });
});
