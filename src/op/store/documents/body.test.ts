import { expect, test } from 'vitest';
import { isJson, parseBody } from './body.js';

test.each([
  [null],
  ['text'],
  [-1.5],
  [false],
  [[]],
  [{}],
  [{ a: [{ b: null }, 'c'] }],
  [Object.assign(Object.create(null), { a: 1 })],
])('%j is JSON', (value) => expect(isJson(value)).toBe(true));

test.each([
  [undefined],
  [Number.NaN],
  [Number.POSITIVE_INFINITY],
  [1n],
  [() => 1],
  [new Date(0)],
  [new Map()],
  [{ a: { b: undefined } }],
  [[new URL('https://example.com')]],
  [[undefined]],
])('%o is not, since JSON would lose what it means', (value) => expect(isJson(value)).toBe(false));

test.each([['[]'], ['"text"'], ['null'], ['3'], ['{'], ['']])('the document %s is refused', (text) => {
  expect(() => parseBody('a/b', 'the store', text)).toThrow('cannot read document a/b in the store');
});

test('what is nested without end is not JSON for a store', () => {
  const nested = (depth: number) => `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  expect(parseBody('a', 'the store', nested(400))).toBeDefined();
  for (const depth of [500, 200_000]) {
    expect(() => parseBody('a/b', 'the store', nested(depth))).toThrow('cannot read document a/b in the store');
  }
});

test('a document is what its JSON says', () => {
  expect(parseBody('a', 'the store', '{"a":[1,{"b":null}]}')).toEqual({ a: [1, { b: null }] });
});
