import { expect, test } from 'vitest';
import { hasClearKeys } from './clear-keys.js';

const isClear = (text: string) => hasClearKeys(text, ['layers', 'digest', 'annotations'], ['annotations']);

test.each([
  '{"layers":[{"digest":"a"},{"digest":"b"}],"other":1}',
  '{"annotations":{"a":"","A":"","Layers":"","x":""},"layers":[{"annotations":{"Digest":"{\\"}"}}]}',
  '{"text":"\\"Layers\\":","list":["Layers","layers","Layers"]}',
  '[]',
  '"Layers"',
])('%s is read the same by all', (text) => expect(isClear(text)).toBe(true));

test.each([
  '{"layers":[],"Layers":[]}',
  '{"layers":[],"layers":[]}',
  '{"Layers":[]}',
  '{"layer\u017f":[]}',
  '{"layers":[],"\\u004cayers":[]}',
  `{"layers":[],"LAYERS"${' '.repeat(1000)}:[]}`,
  '{"layers":[{"digest":"a","Digest":"b"}]}',
  '{"other":{"x":[[{"A":1,"a":2}]]}}',
  '{"annotations":{"a":""},"Layers":[]}',
  '{"a":"\\\\","A":1}',
])('%s is not', (text) => expect(isClear(text)).toBe(false));
