import * as v from 'valibot';
import { expect, test } from 'vitest';
import { parseJson } from './parse-json.js';

const image = v.object({ digest: v.string(), size: v.optional(v.number(), 0) });

test('text that matches the schema becomes its value, with defaults', () => {
  expect(parseJson(image, '{"digest":"sha256:1","more":true}')).toEqual({ digest: 'sha256:1', size: 0 });
});

test.each(['', '{', '{"digest":', '<html>', 'null', '[]', '{"digest":1}'])('%j is undefined', (text) => {
  expect(parseJson(image, text)).toBeUndefined();
});
