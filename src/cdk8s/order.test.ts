import { expect, test } from 'vitest';
import { orderLike } from './order.js';

test('fields come in the order of the model, at every depth, and unknown ones last', () => {
  const sorted = { b: [{ image: 'i', name: 'n', zone: 1 }], a: 1, z: 0 };
  const written = { a: 0, b: [{ name: '', image: '' }] };
  expect(JSON.stringify(orderLike(sorted, written))).toBe('{"a":1,"b":[{"name":"n","image":"i","zone":1}],"z":0}');
});

test('values are never taken from the model', () => {
  expect(orderLike({ a: 1 }, { a: 2, b: 3 })).toEqual({ a: 1 });
});
