import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolate } from './interpolate.js';

const env = { A: 'v', E: '', PORT: '9999', NESTED: '${A}' };

describe('a text with variables', () => {
  it.each([
    ['', ''],
    ['localhost:5001', 'localhost:5001'],
    ['${A}', 'v'],
    ['$A', 'v'],
    ['${A}x', 'vx'],
    ['$A/x', 'v/x'],
    ['${U:-d}', 'd'],
    ['${U:-}', ''],
    ['${E:-d}', 'd'],
    ['${A:-d}', 'v'],
    ['${U:-a:b}', 'a:b'],
    ['${U:-${A}}', 'v'],
    ['${U:-${V:-x}y}z', 'xyz'],
    ['${U:-a}${U:-b}', 'ab'],
    ['localhost:${PORT:-5001}', 'localhost:9999'],
    ['$$', '$'],
    ['$$A', '$A'],
    ['$$${A}', '$v'],
    ['$', '$'],
    ['a$', 'a$'],
    ['$1', '$1'],
    ['$-', '$-'],
    ['}', '}'],
    ['${NESTED}', '${A}'],
  ])('%j becomes %j', (template, text) => expect(interpolate(template, env)).toEqual({ text }));

  it.each([
    ['${U}', 'U is not set'],
    ['$U/', 'U is not set'],
    ['${E}', 'E is not set or is empty'],
    ['$Ax', 'Ax is not set'],
    ['${A', 'no closing brace'],
    ['${U:-${A}', 'no closing brace'],
    ['${A-d}', '${A-d} is not supported'],
    ['${ A }', 'is not supported'],
    ['${1}', 'is not supported'],
    ['${A:d}', 'is not supported'],
    ['${U:=d}', 'is not supported'],
    ['${A:?e}', 'is not supported'],
    ['${}', 'is not supported'],
    ['${U:-${V}}', 'V is not set'],
  ])('%j is refused: %s', (template, problem) => {
    expect(interpolate(template, env)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('is unchanged without a dollar sign', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('$'));
        expect(interpolate(text, env)).toEqual({ text });
      }),
    );
  });

  it('with every dollar sign doubled becomes the text itself, whatever is set', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'$A{}:-x') }), (text) => {
        expect(interpolate(text.replaceAll('$', '$$$$'), env)).toEqual({ text });
      }),
    );
  });

  it('gets any value byte for byte, and a value is never interpolated again', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        expect(interpolate('<${X}|${U:-$X}>', { X: value })).toEqual({ text: `<${value}|${value}>` });
      }),
    );
  });

  it('does not treat the properties of every object as variables', () => {
    expect(interpolate('${constructor}', env)).toMatchObject({ problem: expect.stringContaining('is not set') });
    expect(interpolate('${__proto__:-d}', env)).toEqual({ text: 'd' });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'${}:-AU x') }), (text) => void interpolate(text, env)));
  });
});
