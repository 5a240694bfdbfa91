import { expect, test } from 'vitest';
import { shellWord } from './shell-word.js';

test.each([
  ['h.io/shop/-/shop.release.ts/@r3/deploy/prod', 'h.io/shop/-/shop.release.ts/@r3/deploy/prod'],
  ['', "''"],
  ['a;b', "'a;b'"],
  ['$(b)', "'$(b)'"],
  ["it's", "'it'\\''s'"],
])('%j is typed as %s', (text, word) => expect(shellWord(text)).toBe(word));
