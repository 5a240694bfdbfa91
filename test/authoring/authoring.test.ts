import { beforeAll, describe, expect, test } from 'vitest';
import { compile, type Measured, run } from './measure.js';
import { mistakes } from './mistakes.js';

describe('the mistakes of authors (mistakes/*.md)', () => {
  let measured: readonly Measured[] = [];

  beforeAll(() => {
    const compiled = compile(mistakes.map(({ code }) => code));
    measured = mistakes.map(({ code }, index) => {
      const says = compiled[index];
      return says === undefined ? run(code) : { layer: 'tsc', says };
    });
  }, 300_000);

  test.each(mistakes.map(({ file, name, layer, says }, index) => [file, name, layer, says, index] as const))(
    '%s: %s (%s)',
    (_file, _name, layer, says, index) => {
      const found = measured[index];
      expect(found).toMatchObject({ layer });
      if (layer !== 'passes') expect(found?.says).toContain(says);
    },
  );

  test('are each written once', () => {
    const names = mistakes.map(({ file, name }) => `${file}: ${name}`);
    expect(names).toEqual([...new Set(names)]);
  });

  test('pass in silence at most 15 times, each with its reason, and never end in an error of the core itself', () => {
    const silent = mistakes.filter((_, index) => measured[index]?.layer === 'passes');
    expect(silent.length).toBeLessThanOrEqual(15);
    expect(silent.filter(({ says }) => says.length < 20)).toEqual([]);
    expect(mistakes.filter((_, index) => measured[index]?.layer === 'crashes')).toEqual([]);
  });
});
