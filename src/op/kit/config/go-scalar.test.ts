import { describe, expect, it } from 'vitest';
import { GoNumber, goScalar } from './go-scalar.js';

/** What a field for texts gets. */
const textOf = (text: string) => {
  const read = goScalar({ text, quoted: false });
  return read instanceof GoNumber ? read.text : read;
};

describe('a scalar of YAML as Go reads it', () => {
  // The right column is what Go 1.26 printed: strconv.FormatFloat(value, 'g', -1, 32).
  it.each([
    ['1.10', '1.1'],
    ['1.20', '1.2'],
    ['20230101.5', '2.0230102e+07'],
    ['1234567.0', '1.234567e+06'],
    ['1234567.5', '1.2345675e+06'],
    ['0.1', '0.1'],
    ['0.00001', '1e-05'],
    ['0.0001', '0.0001'],
    ['100000.0', '100000'],
    ['1000000.0', '1e+06'],
    ['2.5e7', '2.5e+07'],
    ['3.14159265', '3.1415927'],
    ['16777217.5', '1.6777218e+07'],
    ['-1.5', '-1.5'],
    ['0.0', '0'],
    ['08', '8'],
  ])('%s is a number with a fraction, and as a text %s', (written, text) => expect(textOf(written)).toBe(text));

  it.each([
    ['42', '42'],
    ['010', '8'],
    ['0x1F', '31'],
    ['0b11', '3'],
    ['1_000', '1000'],
    ['18446744073709551615', '18446744073709551615'],
    ['18446744073709551616', '1.8446744e+19'],
  ])('%s is a whole number, and as a text %s', (written, text) => expect(textOf(written)).toBe(text));

  it.each(['1.2.3', 'v1', '1.0-alpine', '2024-03-13', 'nope', '-', '+1.2.3', '1e', '.a', '0x', '12:30:45'])(
    '%s stays a text',
    (text) => expect(textOf(text)).toBe(text),
  );

  it('has more truth values than YAML 1.2, and quotes make all of it a text', () => {
    expect(['yes', 'On', 'y', 'off', 'NO'].map(textOf)).toEqual([true, true, true, false, false]);
    expect(textOf('')).toBe(null);
    expect(goScalar({ text: '1.20', quoted: true })).toBe('1.20');
    expect(goScalar({ text: '', quoted: true })).toBe('');
  });
});

it('does not take long for a number without end', () => {
  const start = Date.now();
  expect(textOf('9'.repeat(5_000_000))).toBe('+Inf');
  expect(Date.now() - start).toBeLessThan(5000);
});
