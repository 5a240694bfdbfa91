import { describe, expect, it, test } from 'vitest';
import { OpError } from '../../../kit/errors/op-error.js';
import { parseFile } from './documents.js';
import { parsePath } from './path.js';
import { setValues } from './set-value.js';

const set = (text: string, path: string, value: string, name = 'shop.yaml') =>
  setValues(parseFile(name, text), [{ path: parsePath(path), value }]);

/** What a person reads. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof OpError) return `${error.exitCode} ${error.message}: ${error.why}`;
    throw error;
  }
  return 'it worked';
}

describe('a value is changed in place, and nothing else', () => {
  it.each([
    ['plain', 'a: old # why\nb: 1\n', 'a', 'r.io/x:v1', 'a: r.io/x:v1 # why\nb: 1\n'],
    ['in double quotes', 'a: "old"   # why\n', 'a', 'v1', 'a: "v1"   # why\n'],
    ['in single quotes', "a: 'old'\n", 'a', 'v1', "a: 'v1'\n"],
    ['a number', 'tag: 1.10\n', 'tag', 'v2', 'tag: v2\n'],
    ['what would be a number without quotes', 'tag: v1\n', 'tag', '1.10', 'tag: "1.10"\n'],
    ['what is not a string in YAML 1.1', 'tag: v1\n', 'tag', 'on', 'tag: "on"\n'],
    ['an octal number of YAML 1.1', 'tag: v1\n', 'tag', '0777', 'tag: "0777"\n'],
    ['a date of YAML 1.1', 'tag: v1\n', 'tag', '2024-01-01', 'tag: "2024-01-01"\n'],
    ['a commit that reads like a float', 'tag: v1\n', 'tag', '123e456', 'tag: "123e456"\n'],
    ['a version', 'tag: v1\n', 'tag', '1.2.3', 'tag: 1.2.3\n'],
    ['CRLF', 'a:\r\n  b: old\r\n  c: 1\r\n', 'a.b', 'v1', 'a:\r\n  b: v1\r\n  c: 1\r\n'],
    ['trailing spaces', 'a: old  \nb: x \n', 'a', 'v1', 'a: v1  \nb: x \n'],
    ['no line break at the end', 'a: old', 'a', 'v1', 'a: v1'],
    ['a byte order mark', '\ufeffa: old\n', 'a', 'v1', '\ufeffa: v1\n'],
    ['document markers and directives', '%YAML 1.2\n---\na: old\n...\n', 'a', 'v1', '%YAML 1.2\n---\na: v1\n...\n'],
    ['a flow mapping', '{a: old, b: [1, 2]}\n', 'a', 'v1', '{a: v1, b: [1, 2]}\n'],
    ['in lists', 'a:\n- b: x\n- b: old # second\n', 'a[1].b', 'v1', 'a:\n- b: x\n- b: v1 # second\n'],
    ['a list by a key that is a number', 'a: [x, old]\n', 'a.1', 'v1', 'a: [x, v1]\n'],
    ['a key that is a number', 'a:\n  80: old\n', 'a.80', 'v1', 'a:\n  80: v1\n'],
    ['a key with dots', 'a:\n  x.io/y: old\n', 'a."x.io/y"', 'v1', 'a:\n  x.io/y: v1\n'],
    ['a key with dots in brackets', "a:\n  'x.io/y': old\n", "a['x.io/y']", 'v1', "a:\n  'x.io/y': v1\n"],
    ['no value yet', 'a:\nb: 1\n', 'a', 'v1', 'a: v1\nb: 1\n'],
    ['no value yet, but a comment', 'a:   # why\nb: 1\n', 'a', 'v1', 'a: v1   # why\nb: 1\n'],
    ['no value at the end of the file', 'a:', 'a', 'v1', 'a: v1'],
    ['null', 'a: ~\n', 'a', 'v1', 'a: v1\n'],
    ['no value in a list', 'a:\n-\n- x\n', 'a[0]', 'v1', 'a:\n- v1\n- x\n'],
    ['an unused anchor', 'a: &x old\n', 'a', 'v1', 'a: &x v1\n'],
    ['a tag', 'a: !!str 1\n', 'a', '2', 'a: !!str "2"\n'],
    ['plain text over two lines', 'a: old\n  er\nb: 1\n', 'a', 'v1', 'a: v1\nb: 1\n'],
    ['quoted text over two lines', 'a: "old\n  er"\nb: 1\n', 'a', 'v1', 'a: "v1"\nb: 1\n'],
    ['a literal block', 'a: |- # why\n   old\n   er\n\nb: 1\n', 'a', 'v1', 'a: |- # why\n   v1\n\nb: 1\n'],
    ['a literal block with a line break', 'a: |\n  old\nb: 1\n', 'a', 'v1', 'a: |-\n  v1\nb: 1\n'],
    ['a folded block with CRLF', 'a: >+\r\n  old\r\n\r\nb: 1\r\n', 'a', 'v1', 'a: >-\r\n  v1\r\n\r\nb: 1\r\n'],
    ['a block with an indentation indicator', 'a: |2-\n    old\nb: 1\n', 'a', 'v1', 'a: |2-\n  v1\nb: 1\n'],
    ['a block that starts with an empty line', 'a: |\n\n  old\nb: 1\n', 'a', 'v1', 'a: |-\n  v1\nb: 1\n'],
    ['an empty block', 'a: | # why\nb: 1\n', 'a', 'v1', 'a: v1 # why\nb: 1\n'],
    ['a block at the end of the file', 'a: |-\n  old', 'a', 'v1', 'a: |-\n  v1'],
    ['only one of two documents', 'x: 1\n---\na: old\n', 'a', 'v1', 'x: 1\n---\na: v1\n'],
    ['a document by its number', 'a: x\n---\na: old\n', '1#a', 'v1', 'a: x\n---\na: v1\n'],
  ])('%s', (_, text, path, value, expected) => {
    const { file } = set(text, path, value);
    expect(file.text).toBe(expected);
    expect(set(expected, path, value).file.text).toBe(expected);
  });

  it('in JSON, in double quotes', () => {
    expect(set('{"a": null, "b": 1}\n', 'a', 'v1', 'shop.json').file.text).toBe(
      '{"a": "v1", "b": 1}\n'.replace('null', ''),
    );
  });

  it('returns the old value', () => {
    expect(set('tag: 1.10\n', 'tag', 'v2').before).toEqual(['1.10']);
    expect(set('tag: "1.10"\n', 'tag', 'v2').before).toEqual(['1.10']);
  });

  it('returns the same file when the value is already set, in any style', () => {
    const file = parseFile('shop.yaml', "a: 'v1'\n");
    expect(setValues(file, [{ path: parsePath('a'), value: 'v1' }])).toEqual({ file, before: [undefined] });
  });
});

describe('several values', () => {
  const several = (text: string, ...settings: readonly (readonly [string, string])[]) =>
    setValues(
      parseFile('shop.yaml', text),
      settings.map(([path, value]) => ({ path: parsePath(path), value })),
    );

  it('are changed at once, in any order', () => {
    const { file, before } = several('a: x # 1\nb: |\n  y\nc:\n', ['c', 'v3'], ['a', 'v1'], ['b', 'v2']);
    expect(file.text).toBe('a: v1 # 1\nb: |-\n  v2\nc: v3\n');
    expect(before).toEqual(['', 'x', 'y\n']);
  });

  it('may set one path twice to the same value only', () => {
    expect(several('a: x\n', ['a', 'v1'], ['"a"', 'v1'])).toMatchObject({ before: ['x', undefined] });
    expect(refusal(() => several('a: x\n', ['a', 'v1'], ['a', 'x']))).toBe(
      '3 a of shop.yaml is set twice: once to v1, and once to x',
    );
  });
});

test('a value of an item by name is set wherever the item is', () => {
  const text = (first: string, second: string) =>
    `containers:\n- {name: envoy, image: ${first}}\n- image: ${second}\n  name: web\n`;
  expect(set(text('e:1', 'old'), 'containers[name=web].image', 'v1').file.text).toBe(text('e:1', 'v1'));
});

describe('a value is not changed', () => {
  it.each([
    [
      'that is missing',
      'spec:\n  image: x\n  tag: y\n',
      'spec.imge',
      '3 shop.yaml has no spec.imge: spec has no key "imge"; it has image, tag',
    ],
    ['below one that is missing', 'spec:\n  image: x\n', 'spek.image', 'the document has no key "spek"; it has spec'],
    ['below a text', 'spec: x\n', 'spec.image', 'spec is not a mapping or list'],
    ['of a list by name', 'a: [x]\n', 'a.b', 'a is a list: use [0], [1] and so on'],
    [
      'of an item that no item is',
      'a: [{name: x}, {name: y}, 1]\n',
      'a[name=z]',
      'a has no item with the name "z"; they have x, y',
    ],
    ['of an item that two are', 'a: [{name: x}, {name: x}]\n', 'a[name=x]', 'a has 2 items with the name "x"'],
    ['of an item of a mapping', 'a: {name: x}\n', 'a[name=x].b', 'a is not a list'],
    ['beyond the end of a list', 'a: [x]\n', 'a[1]', 'a has 1 items, so no [1]'],
    ['that is a mapping', 'a:\n  b: 1\n', 'a', '3 a of shop.yaml is not a string: it is a mapping'],
    ['that is a list', 'a: [1]\n', 'a', 'it is a list'],
    ['through an alias', 'x: &x old\na: *x\n', 'a', 'a is the alias *x: the value is at the anchor &x'],
    ['inside an alias', 'x: &x {b: old}\na: *x\n', 'a.b', 'a is the alias *x'],
    [
      'with an anchor that is used elsewhere',
      'a: &x old\nb: *x\n',
      'a',
      'a has the anchor &x, which is used elsewhere',
    ],
    ['inside an anchor that is used elsewhere', 'a: &x {b: old}\nc: *x\n', 'a.b', 'a has the anchor &x'],
    ['from a merge key', 'x: &x {b: old}\na:\n  <<: *x\n', 'a.b', 'a has no key "b", but merges other keys with <<'],
    [
      'in two documents',
      'kind: A\na: 1\n---\na: 2\n',
      'a',
      '3 a is in 2 documents of shop.yaml: they are document 0 (A), document 1',
    ],
    [
      'in a document that is missing',
      'a: 1\n',
      '1#a',
      'document 1 of shop.yaml has no a: it has 1 documents, counted from 0',
    ],
    ['of an empty file', '', 'a', 'it contains no document'],
    ['of a file of comments', '# a\n', 'a', 'it contains no document'],
    ['of a template', 'a: {{ .Values.image }}:{{ .Values.tag }}\n', 'a', '3 shop.yaml is not valid YAML'],
    ['of a file with a key twice', 'a: 1\na: 2\n', 'a', 'line 2, column 1: Map keys must be unique'],
    ['with a custom tag', 'a: !Ref x\n', 'a', 'it has the tag !Ref'],
    ['with a tag of another type', 'a: !!int 1\n', 'a', 'it has the tag tag:yaml.org,2002:int'],
  ])('%s', (_, text, path, words) => {
    expect(refusal(() => set(text, path, 'v1'))).toContain(words);
  });

  it('in a file with nested aliases that would exhaust the memory', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [at, name] of [...'bcdefghi'].entries()) {
      const from = 'abcdefgh'[at] ?? '';
      bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${from}`).join(',')}]`);
    }
    expect(refusal(() => set(`${bomb.join('\n')}\nimage: x\n`, 'image', 'v1'))).toContain('Excessive alias count');
  });
});
