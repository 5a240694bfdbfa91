import { describe, expect, it } from 'vitest';
import { readYamlText } from './yaml-text.js';

const read = (content: string) => {
  const text = readYamlText(content);
  if ('problems' in text) throw new Error(text.problems.map(({ line, what }) => `${line}: ${what}`).join('\n'));
  return text;
};

describe('YAML as text', () => {
  it('keeps every scalar as it is written', () => {
    const content = "a: [1.20, 0x10, yes, 1e3, '07', null, ~, ]\nb:\nc: |\n  two\n  lines\n";
    expect(read(content).value).toEqual({
      a: ['1.20', '0x10', 'yes', '1e3', '07', '', ''],
      b: '',
      c: 'two\nlines\n',
    });
    expect(read(content).isQuoted(['a', 4])).toBe(true);
    expect(read(content).isQuoted(['a', 0])).toBe(false);
  });

  it('follows anchors and merge keys, whose own keys win, and knows the lines', () => {
    const content =
      'x: &x\n  a: one\n  b: two\ny: &y\n  b: three\n  c: four\nz:\n  <<: [*x, *y]\n  a: five\n  list:\n    - *x\n';
    const { value, lineOf } = read(content);
    expect(value).toMatchObject({ z: { a: 'five', b: 'two', c: 'four', list: [{ a: 'one', b: 'two' }] } });
    expect(
      [
        ['z', 'a'],
        ['z', 'b'],
        ['z', 'c'],
        ['z', 'missing'],
        ['z', 'list', 0, 'b'],
      ].map(lineOf),
    ).toEqual([9, 3, 6, 7, 3]);
  });

  it('can use an anchor any number of times', () => {
    const content = `x: &x { a: b }\nlist:\n${'  - <<: *x\n'.repeat(500)}`;
    expect(read(content).value).toMatchObject({ list: { length: 500 } });
  });

  it.each([
    [
      'an anchor that is used to make a huge file',
      `a: &a [x, x, x, x, x, x, x, x, x, x]\n${[...'bcdefghi'].map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]}, `.repeat(10)}]`).join('\n')}`,
      '7: is too large',
    ],
    ['an anchor that holds itself', 'a: &a\n  b: *a\n', '2: holds itself'],
    ['an anchor that is not there', 'a: *b\n', '1: names an anchor that is not there: *b'],
    ['two documents', 'a: b\n---\na: c\n', '3: is a second document'],
    ['a key that is there twice', 'a: b\na: c\n', '2: is not YAML: Map keys must be unique'],
    ['no content', '# nothing\n', '1: is empty'],
    ['a merge of a text', 'a: &a b\nc:\n  <<: *a\n', 'is merged with <<'],
  ])('refuses %s', (_, content, problem) => expect(() => read(content)).toThrow(problem));

  it('takes a document marker, and an empty second document, for nothing', () => {
    expect(read('---\na: b\n---\n').value).toEqual({ a: 'b' });
  });
});
