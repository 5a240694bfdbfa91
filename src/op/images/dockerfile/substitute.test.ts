import { describe, expect, it } from 'vitest';
import { exposedPorts } from './exposed-ports.js';
import { substitute } from './substitute.js';

describe('variables of a Dockerfile', () => {
  const nested = (count: number) => `${'${A:-'.repeat(count)}x${'}'.repeat(count)}`;

  it('may have defaults in defaults', () => {
    expect(substitute(nested(100), new Map(), '\\')).toBe('x');
  });

  it.each([101, 5000, 100_000])('are refused with %i defaults in each other', (count) => {
    expect(() => substitute(nested(count), new Map(), '\\')).toThrow('op cannot read the variables of a Dockerfile');
  });

  it('cannot fill the memory', () => {
    const doubled = `FROM a\nENV A=xx\n${'ENV A=$A$A\n'.repeat(60)}EXPOSE $A\n`;
    expect(() => exposedPorts(doubled)).toThrow('op cannot read the variables of a Dockerfile');
  });
});
