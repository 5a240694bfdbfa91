import { describe, expect, it } from 'vitest';
import { formatPath, parsePath } from './path.js';

describe('a path', () => {
  it.each([
    ['spec.values.web.image', ['spec', 'values', 'web', 'image']],
    ['containers[0].image', ['containers', 0, 'image']],
    ['[0]', [0]],
    ['a[0][12]', ['a', 0, 12]],
    ['a."x.io/y".b', ['a', 'x.io/y', 'b']],
    ["a.'x.io/y'", ['a', 'x.io/y']],
    ["a.'it''s'", ['a', "it's"]],
    ['a["x.io/y"].b', ['a', 'x.io/y', 'b']],
    ["['a b']", ['a b']],
    ['"a\\"b"', ['a"b']],
    ['a."0"', ['a', '0']],
    ['x-y_z/1.größe', ['x-y_z/1', 'größe']],
  ])('%s', (text, keys) => {
    expect(parsePath(text)).toEqual({ document: undefined, keys });
    expect(parsePath(formatPath(keys)).keys).toEqual(keys);
  });

  it('may have an item of a list by one of its values', () => {
    const keys = ['spec', 'containers', { key: 'name', value: 'web.1' }, 'image'];
    expect(parsePath('spec.containers[name=web.1].image')).toEqual({ document: undefined, keys });
    expect(formatPath(keys)).toBe('spec.containers[name=web.1].image');
  });

  it('may start with the index of a document', () => {
    expect(parsePath('2#a.b')).toEqual({ document: 2, keys: ['a', 'b'] });
  });

  it.each([
    ['', 'it has no key'],
    ['.a', 'it has no key'],
    ['a.', 'no key follows a'],
    ['a..b', 'no key follows a'],
    ['a[', '"[" must be followed by the index of an item'],
    ['a[x]', '"[" must be followed by the index of an item'],
    ['a[-1]', '"[" must be followed by the index of an item'],
    ['a["x]', '"[" must be followed by the index of an item'],
    ['a"b"', 'after a comes ""b"" instead of "." or "["'],
    ['a b', 'after a comes'],
    ['"a', 'it has no key'],
    ['"\\x"', 'is not a quoted key'],
    ['a\nb', 'after a comes'],
    ['1#', 'it has no key'],
  ])('%j is refused', (text, words) => {
    expect(() => parsePath(text)).toThrow(
      expect.objectContaining({ kind: 'input', why: expect.stringContaining(words) }),
    );
  });
});
